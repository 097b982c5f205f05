import type { FailoverRun } from './drive.ts';
import type { FailoverFault, Mode } from './faults.ts';
import { type Verdict, worstOf } from './judge.ts';

export interface FailoverRow {
  readonly fault: FailoverFault;
  readonly runs: readonly FailoverRun[];
}

export function countVerdicts(rows: readonly FailoverRow[]): Readonly<Record<Verdict, number>> {
  const counts = { PASS: 0, SAFE: 0, FAIL: 0 };
  for (const { runs } of rows) counts[worstOf(runs)]++;
  return counts;
}

function cellOf({ runs }: FailoverRow, mode: Mode): string {
  const ofMode = runs.filter((each) => each.mode === mode);
  const worst = ofMode.find(({ verdict }) => verdict === worstOf(ofMode));
  return worst === undefined ? '–' : `${worst.reason}, ${Math.max(...ofMode.map(({ ms }) => ms))} ms`;
}

/** A Markdown table, a line each. */
export function tableOf(rows: readonly FailoverRow[]): readonly string[] {
  const cells = rows.map((row, index) => [
    String(index + 1),
    row.fault.name,
    cellOf(row, 'generate'),
    cellOf(row, 'stream'),
    worstOf(row.runs),
  ]);
  const lines = [['#', 'The first provider', 'generate', 'stream', 'Verdict'], ...cells];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [format(lines[0] ?? []), rule, ...cells.map(format)];
}
