import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type ChildLine, readLines, severeLine } from './child-lines.ts';

const severe = (record: Record<string, unknown>) => severeLine({ text: JSON.stringify(record), record, isError: false });

describe('severeLine', () => {
  it('shows warnings and errors as one short line', () => {
    expect(severe({ level: 'warn', time: 't', name: 'worker', pid: 1, runId: 'r1', delayMs: 5, msg: 'late' })).toBe(
      'late: runId=r1, delayMs=5',
    );
    expect(
      severe({ level: 50, msg: 'no connection', err: { type: 'Error', message: 'refused', code: 'ECONNREFUSED', stack: 'x' } }),
    ).toBe('no connection: refused (ECONNREFUSED)');
  });

  it('hides everything else', () => {
    expect(severe({ level: 'info', msg: 'fine' })).toBeNull();
    expect(severe({ level: 30, msg: 'fine' })).toBeNull();
    expect(severeLine({ text: 'plain', isError: false })).toBeNull();
    expect(severeLine({ text: ' ', isError: true })).toBeNull();
  });

  it('shows what a child writes to standard error', () => {
    expect(severeLine({ text: 'Error: crash', isError: true })).toBe('Error: crash');
  });
});

describe('readLines', () => {
  it('tells records from text', async () => {
    const lines: ChildLine[] = [];
    const stream = Readable.from(['{"a":', '1}\n', 'text\n{broken\n']);
    readLines(stream, true, (line) => lines.push(line));
    await new Promise((resolve) => stream.once('close', resolve));
    expect(lines).toEqual([
      { text: '{"a":1}', record: { a: 1 }, isError: true },
      { text: 'text', isError: true },
      { text: '{broken', isError: true },
    ]);
  });
});
