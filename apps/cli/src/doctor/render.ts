import type { Paint } from '../terminal/paint.ts';
import type { Finding } from './finding.ts';

/** Findings as lines for people: one each, with the fix below, and a summary at the end. */
export function renderFindings(findings: readonly Finding[], paint: Paint): string {
  const signs = { ok: paint.green('✓'), warning: paint.yellow('!'), problem: paint.red('✗') };
  const lines = findings.flatMap(({ level, subject, text, fix }) => [
    `${signs[level]} ${subject}: ${text}`,
    ...(fix === undefined ? [] : [`  ${paint.dim('→')} ${fix}`]),
  ]);
  const count = (level: Finding['level'], one: string) => {
    const found = findings.filter((finding) => finding.level === level).length;
    return `${found} ${one}${found === 1 ? '' : 's'}`;
  };
  return `${lines.join('\n')}\n\n${count('problem', 'problem')}, ${count('warning', 'warning')}\n`;
}
