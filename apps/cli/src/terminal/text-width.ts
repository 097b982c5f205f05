/** Characters that take two columns: East Asian wide ones and emoji. Close enough to wrap lines by. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns of a text without control characters. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** The beginning of a text, cut with `…` where it is wider. */
export function truncate(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 1;
  for (const { segment } of segmenter.segment(text)) {
    width += wide.test(segment) ? 2 : 1;
    if (width > columns) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Lines of at most so many columns, broken between words where that is possible. */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, columns));
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<= )/)) {
    let rest = word;
    if (textWidth(current + rest.trimEnd()) > columns && current !== '') {
      lines.push(current.trimEnd());
      current = '';
    }
    while (textWidth(rest.trimEnd()) > columns) {
      const piece = takeColumns(rest, columns);
      lines.push(piece);
      rest = rest.slice(piece.length);
    }
    current += rest;
  }
  return [...lines, current.trimEnd()];
}

function takeColumns(text: string, columns: number): string {
  let taken = '';
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    width += wide.test(segment) ? 2 : 1;
    if (width > columns && taken !== '') break;
    taken += segment;
  }
  return taken;
}
