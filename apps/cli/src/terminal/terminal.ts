import { createPaint, type Paint } from './paint.ts';

/** What is needed of `process.stdout` and `process.stderr`. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
  write(text: string): unknown;
}

export interface TerminalOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** `false`: never, whatever the terminal can. */
  readonly colours: boolean;
  /** Nothing on standard error but errors. */
  readonly isQuiet: boolean;
}

/** Standard output for data, standard error for everything else. */
export interface Terminal {
  /** A line, or lines, of data. */
  print(text: string): void;
  /** Data as it comes. */
  write(text: string): void;
  /** A line for the person who watches; nothing when quiet. */
  note(text: string): void;
  /** A line that says why it failed. */
  complain(text: string): void;
  /** Escape sequences and all, to standard error. */
  draw(text: string): void;
  /** Whether data go to a terminal, so that a person reads them. */
  readonly isDataShown: boolean;
  /** Whether progress may be drawn: standard error is a terminal, and nobody asked for quiet. */
  readonly isLive: boolean;
  readonly isQuiet: boolean;
  /** Of standard error. */
  columns(): number;
  /** Colours of data, and of notes. */
  readonly paint: Paint;
  readonly notePaint: Paint;
}

const usualColumns = 80;

/** `hasColors` knows `NO_COLOR`, `FORCE_COLOR` and terminals that can't. */
function hasColours(stream: OutputStream, isWanted: boolean): boolean {
  return isWanted && stream.isTTY === true && (stream.hasColors?.() ?? false);
}

export function createTerminal({ stdout, stderr, colours, isQuiet }: TerminalOptions): Terminal {
  return {
    print: (text) => void stdout.write(`${text}\n`),
    write: (text) => void stdout.write(text),
    note: (text) => void (isQuiet || stderr.write(`${text}\n`)),
    complain: (text) => void stderr.write(`${text}\n`),
    draw: (text) => void stderr.write(text),
    isDataShown: stdout.isTTY === true,
    isLive: stderr.isTTY === true && !isQuiet,
    isQuiet,
    // A terminal that does not tell its size says 0.
    columns: () => stderr.columns || usualColumns,
    paint: createPaint(hasColours(stdout, colours)),
    notePaint: createPaint(hasColours(stderr, colours)),
  };
}
