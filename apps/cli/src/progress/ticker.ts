import { wrap } from '../terminal/text-width.ts';
import { toPrintable } from '../terminal/to-printable.ts';

/** More than fits into the lines of a ticker is never looked at again. */
const maxKeptCharacters = 4_000;

/** The last lines of a text that grows. */
export interface Ticker {
  add(text: string): void;
  clear(): void;
  lines(count: number, columns: number): readonly string[];
}

export function createTicker(): Ticker {
  let kept = '';
  return {
    add(text) {
      kept = (kept + text).slice(-maxKeptCharacters);
    },
    clear() {
      kept = '';
    },
    lines(count, columns) {
      const text = toPrintable(kept).replaceAll('\t', '  ').trim();
      if (text === '' || columns < 1) return [];
      return wrap(text.replaceAll(/\n{2,}/g, '\n'), columns).slice(-count);
    },
  };
}
