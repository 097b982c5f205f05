import type { ScenarioResult } from './run-scenario.ts';

const columns: readonly (readonly [title: string, cell: (result: ScenarioResult) => string])[] = [
  ['scenario', (result) => result.scenario],
  ['backend', (result) => result.backend],
  ['runs', (result) => String(result.runs)],
  ['faults', (result) => String(result.faults)],
  ['takeovers', (result) => String(result.takeovers)],
  ['lost', (result) => String(result.lost)],
  ['double results', (result) => String(result.doubleResults)],
  ['calls − steps', (result) => String(result.extraCalls)],
  ['abandoned (unseen)', (result) => `${result.abandonedAttempts} (${result.unseenAttempts})`],
  ['cost difference n$', (result) => String(result.costDifferenceNanoUsd)],
  ['unseen booked n$', (result) => String(result.unseenNanoUsd)],
  ['readers: events (void)', (result) => readersCell(result)],
  ['takeover p50/p95 s (n)', (result) => takeoverCell(result)],
  ['time s', (result) => (result.tookMs / 1_000).toFixed(0)],
  ['', (result) => (result.violations.length === 0 ? 'PASS' : 'FAIL')],
];

/** A line per result, in aligned columns. */
export function renderTable(results: readonly ScenarioResult[]): string {
  const rows = [columns.map(([title]) => title), ...results.map((result) => columns.map(([, cell]) => cell(result)))];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)].join('\n');
}

function readersCell({ readers, readEvents, voidEvents }: ScenarioResult): string {
  return readers === 0 ? '-' : `${readers}: ${readEvents} (${voidEvents})`;
}

function takeoverCell({ takeoverMs: { samples, p50, p95 } }: ScenarioResult): string {
  if (p50 === null || p95 === null) return '-';
  return `${(p50 / 1_000).toFixed(1)} / ${(p95 / 1_000).toFixed(1)} (${samples})`;
}
