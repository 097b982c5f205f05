import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createLineWriter } from './line-writer.ts';

const folders: string[] = [];

function openFile(): { readonly fd: number; read(): string } {
  const folder = mkdtempSync(join(tmpdir(), 'line-writer-'));
  folders.push(folder);
  const path = join(folder, 'log');
  return { fd: openSync(path, 'a'), read: () => readFileSync(path, 'utf8') };
}

/** A process that logs through `createLogger` and ends itself at once, as the workers do after SIGTERM. */
function logAndExit(lines: number) {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)};
    const log = createLogger({ name: 'test' });
    process.stdin.once('end', () => {
      for (let line = 0; line < ${lines}; line += 1) log.info({ line }, 'a line');
      process.exit(0);
    });
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--conditions=@orchestrator/source', '--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { child, exit: once(child, 'exit') };
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('createLineWriter', () => {
  it('writes every line once and in order, whoever flushes', async () => {
    const { fd, read } = openFile();
    const writer = createLineWriter(fd);
    const expected: string[] = [];
    for (let line = 0; line < 2_000; line += 1) {
      expected.push(`line ${line} äöü\n`);
      writer.write(`line ${line} äöü\n`);
      if (line % 500 === 0) await new Promise(setImmediate);
    }
    await expect.poll(read).toBe(expected.join(''));
    closeSync(fd);
  });

  it('flushes what is pending, and says how many lines it dropped', () => {
    const { fd, read } = openFile();
    const writer = createLineWriter(fd, { maxPending: 10 });
    writer.write('first\n');
    for (let line = 0; line < 4; line += 1) writer.write('later\n');
    writer.flushSync();
    const last = JSON.parse(read().trimEnd().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ level: 'warn', dropped: 3 });
  });

  it('gives the reader all lines of a process that exits right after them', async () => {
    const { child, exit } = logAndExit(500);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const closed = once(child.stdout, 'close');
    child.stdin.end();
    expect(await exit).toEqual([0, null]);
    await closed;
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).line as number);
    // The write that was in flight at the exit is finished by the system, perhaps after the flush.
    expect(lines.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 500 }, (_, line) => line));
  });

  it('lets a process exit when nobody reads its log any more', async () => {
    const { child, exit } = logAndExit(50);
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.end();
    expect(await exit).toEqual([0, null]);
  });
});
