import type { Finding } from './finding.ts';

const marks = { ok: { sign: '✓', colour: 32 }, warning: { sign: '!', colour: 33 }, problem: { sign: '✗', colour: 31 } } as const;

/** Findings as lines for people: one each, with the fix below, and a summary at the end. */
export function renderFindings(findings: readonly Finding[], options: { readonly colours: boolean }): string {
  const paint = (code: number, text: string) => (options.colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines = findings.flatMap(({ level, subject, text, fix }) => [
    `${paint(marks[level].colour, marks[level].sign)} ${subject}: ${text}`,
    ...(fix === undefined ? [] : [`  ${paint(2, '→')} ${fix}`]),
  ]);
  const count = (level: Finding['level'], one: string) => {
    const found = findings.filter((finding) => finding.level === level).length;
    return `${found} ${one}${found === 1 ? '' : 's'}`;
  };
  return `${lines.join('\n')}\n\n${count('problem', 'problem')}, ${count('warning', 'warning')}\n`;
}
