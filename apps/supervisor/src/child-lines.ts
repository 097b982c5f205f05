import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** One line that a child wrote. */
export interface ChildLine {
  readonly text: string;
  /** Present when the line is a JSON object, as our loggers write it. */
  readonly record?: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

const maxLineLength = 16_384;
const hiddenFacts = new Set(['level', 'time', 'name', 'pid', 'msg', 'hostname', 'suppressed']);

/** Calls back for every line of a stream. */
export function readLines(stream: Readable, isError: boolean, onLine: (line: ChildLine) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (whole) => {
    const text = whole.slice(0, maxLineLength);
    const record = text.startsWith('{') ? parseRecord(text) : undefined;
    onLine(record === undefined ? { text, isError } : { text, record, isError });
  });
}

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSevere(line: ChildLine): boolean {
  const level = line.record?.level;
  if (level === undefined) return line.isError && line.text.trim() !== '';
  return typeof level === 'number' ? level >= 40 : level === 'warn' || level === 'error' || level === 'fatal';
}

function factText(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    const { message, code } = value as { message?: unknown; code?: unknown };
    const text = message === undefined ? JSON.stringify(value) : String(message);
    return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text;
  }
  return String(value);
}

/** What a person should see of a line on the terminal: warnings and errors in one short line; null for all else. */
export function severeLine(line: ChildLine): string | null {
  if (!isSevere(line)) return null;
  if (line.record === undefined) return line.text;
  const facts = Object.entries(line.record)
    .filter(([name, value]) => !hiddenFacts.has(name) && value !== undefined && value !== null)
    .map(([name, value]) => (name === 'err' || name === 'error' ? factText(value) : `${name}=${factText(value)}`));
  const sentence = String(line.record.msg ?? 'unknown problem');
  return `${sentence}${facts.length === 0 ? '' : `: ${facts.join(', ')}`}`.slice(0, 400);
}
