import type { Terminal } from './terminal.ts';

/** Lines at the bottom of a terminal that are drawn again and again, below lines that stay. */
export interface LiveArea {
  /** Replaces the lines of the area. What is too long is cut by the terminal. */
  set(lines: readonly string[]): void;
  /** Adds a line that stays, above the area. */
  print(line: string): void;
  /** Removes the area. */
  close(): void;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const noWrap = '\u001b[?7l';
const wrapAgain = '\u001b[?7h';
const clearBelow = '\u001b[J';

/** Puts the cursor to where the area begins, and removes what is there. */
function erase(lineCount: number): string {
  if (lineCount === 0) return '';
  return `\r${lineCount > 1 ? `\u001b[${lineCount - 1}A` : ''}${clearBelow}`;
}

export function createLiveArea(terminal: Pick<Terminal, 'draw'>): LiveArea {
  let shown: readonly string[] = [];
  let isOpen = false;

  // Lines that the terminal cuts never take two: the number of rows to go back is the number of lines.
  const drawn = (lines: readonly string[]) => (lines.length === 0 ? '' : `${noWrap}${lines.join('\n')}${wrapAgain}`);

  function open(): string {
    if (isOpen) return '';
    isOpen = true;
    return hideCursor;
  }

  return {
    set(lines) {
      if (lines.length === 0 && shown.length === 0) return;
      terminal.draw(`${open()}${erase(shown.length)}${drawn(lines)}`);
      shown = lines;
    },
    print(line) {
      terminal.draw(`${erase(shown.length)}${line}\n${drawn(shown)}`);
    },
    close() {
      if (!isOpen) return;
      terminal.draw(`${erase(shown.length)}${showCursor}`);
      shown = [];
      isOpen = false;
    },
  };
}
