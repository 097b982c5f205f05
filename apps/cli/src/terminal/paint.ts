/** Colours of a terminal; without colours the text stays as it is. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  struck(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export function createPaint(hasColours: boolean): Paint {
  const style = (on: number, off: number) => (text: string) =>
    hasColours && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    struck: style(9, 29),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}
