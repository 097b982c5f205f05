import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort } from './free-port.ts';
import { failOnLeakedProcesses, type NodeProcess, spawnNode } from './processes.ts';
import { makeScratchFolder } from './scratch-folder.ts';

failOnLeakedProcesses();

let folder = '';
beforeAll(async () => {
  folder = await makeScratchFolder('processes');
});

async function program(source: string, env: Record<string, string> = {}): Promise<NodeProcess> {
  const entry = join(folder, `${crypto.randomUUID()}.ts`);
  await writeFile(entry, source);
  return spawnNode({ entry, env });
}

const stayAlive = 'setInterval(() => undefined, 60_000);';

describe('spawnNode', () => {
  it('finds lines and log entries that came before and after the question', async () => {
    const child = await program(`process.on('SIGUSR2', () => console.error('{"level":50,"msg":"second"}'));
      console.log('plain'); console.log('{"level":30,"msg":"first"}'); ${stayAlive}`);
    await child.waitForLine(/first/);
    expect(await child.waitForLine('plain'.startsWith.bind('plain'))).toBe('plain');
    expect(await child.waitForLog((entry) => entry.level === 30)).toEqual({ level: 30, msg: 'first' });
    const second = child.waitForLog((entry) => entry.level === 50);
    child.signal('SIGUSR2');
    expect(await second).toEqual({ level: 50, msg: 'second' });
    await child.kill();
  });

  it('waits until a server answers with the status asked for', async () => {
    const port = await freePort();
    const child = await program(`import { createServer } from 'node:http';
      let answers = 0;
      createServer((_, response) => response.writeHead((answers += 1) < 3 ? 503 : 200).end()).listen(${port}, '127.0.0.1');`);
    await child.waitForHttp(`http://127.0.0.1:${port}/`);
    await child.kill();
  });

  it('gives up with the output when the program ends or the time is over', async () => {
    const ended = await program(`console.error('the reason'); process.exitCode = 3;`);
    await expect(ended.waitForLine(/never/)).rejects.toThrow(/ended with exit code 3 before[\s\S]*the reason/);
    await expect(ended.waitForHttp('http://127.0.0.1:9/')).rejects.toThrow(/exit code 3/);
    await expect(ended.expectExit({ exitCode: 0 })).rejects.toThrow(/exit code 3, expected/);
    await ended.expectExit({ exitCode: 3, signal: null });

    const silent = await program(stayAlive);
    await expect(silent.waitForLine(/never/, 50)).rejects.toThrow(/did not print the line in 50 ms/);
    expect(silent.hasExited).toBe(false);
    expect(await silent.kill('SIGTERM')).toEqual({ exitCode: null, signal: 'SIGTERM' });
    expect(silent.hasExited).toBe(true);
  });

  it('runs programs without code generation and without the keys of the shell', async () => {
    process.env.SECRET_OF_THE_SHELL = 'x';
    const child = await program(
      `console.log(JSON.stringify({ env: Object.keys(process.env) }));
      try { new Function(''); } catch { console.log('refused'); }`,
      { GIVEN: 'y' },
    );
    const { env } = await child.waitForLog((entry) => 'env' in entry);
    delete process.env.SECRET_OF_THE_SHELL;
    expect(env).toContain('GIVEN');
    expect(env).not.toContain('SECRET_OF_THE_SHELL');
    await child.waitForLine(/^refused$/);
    await child.expectExit({ exitCode: 0 });
  });
});

/** Runs vitest on files of their own with our reporter and returns the lines of its standard output. */
async function vitest(
  files: Readonly<Record<string, string>>,
  extra: readonly string[] = [],
): Promise<{ lines: string[]; exitCode: number | null }> {
  const root = await makeScratchFolder('vitest');
  for (const [name, source] of Object.entries(files)) await writeFile(join(root, name), source);
  const reporter = join(import.meta.dirname, 'reporter.ts');
  const config = `export default { test: { globals: true, include: ['*.check.ts'], reporters: ['default', ${JSON.stringify(reporter)}],
    globalSetup: ${JSON.stringify(Object.keys(files).filter((name) => name === 'setup.ts'))} } };`;
  await writeFile(join(root, 'vitest.config.mjs'), config);
  const bin = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [bin, 'run', '--root', root, ...extra], { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  for await (const chunk of child.stdout) output += chunk;
  const exitCode = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('exit', resolve)));
  return { lines: output.trimEnd().split('\n'), exitCode };
}

describe('SummaryReporter', () => {
  it('ends with the counts, failing suites and unhandled errors included', async () => {
    const { lines, exitCode } = await vitest({
      'a.check.ts': `test('good', () => {}); test('bad', () => { throw new Error('x'); });`,
      'b.check.ts': `describe('hooked', () => { beforeAll(() => { throw new Error('x'); }); test('never', () => {}); });`,
      'c.check.ts': `throw new Error('does not load');`,
      'd.check.ts': `test('leaves an error', () => { void Promise.reject(new Error('unhandled')); });`,
    });
    expect(lines.at(-1)).toBe('2 passed, 4 failed');
    expect(lines).toContain('not run: b.check.ts > hooked > never (something around it failed)');
    expect(exitCode).toBe(1);
  });

  it('lists what did not run, with its reason', async () => {
    const { lines, exitCode } = await vitest({
      'a.check.ts': `test('good', () => {}); describe.runIf(false)('group', () => { test('left out', () => {}); });
        test('asks', ({ skip }) => skip('no such machine'));`,
    });
    expect(lines.slice(-3)).toEqual([
      'not run: a.check.ts > group > left out (skipped in the code)',
      'not run: a.check.ts > asks (no such machine)',
      '1 passed, 0 failed',
    ]);
    expect(exitCode).toBe(0);
  });

  it('names the missing requirement', async () => {
    const notRun = JSON.stringify(join(import.meta.dirname, 'not-run.ts'));
    const { lines } = await vitest({
      'setup.ts': `import { missingRequirements } from ${notRun}; export default () => { missingRequirements().set('Redis', 'not installed'); };`,
      'a.check.ts': `test('good', () => {}); describe.skip('queue', () => { test('on Redis', () => {}); });`,
    });
    expect(lines.slice(-2)).toEqual([
      'not run: a.check.ts > queue > on Redis (needs Redis: not installed)',
      '1 passed, 0 failed',
    ]);
  });

  it('never says that nothing failed when the run fails', async () => {
    const good = { 'a.check.ts': `test('good', () => {});` };
    const setup = await vitest({ ...good, 'setup.ts': `export default () => { throw new Error('no server'); };` });
    expect([setup.lines.at(-1), setup.exitCode]).toEqual(['0 passed, 1 failed', 1]);
    const teardown = await vitest({ ...good, 'setup.ts': `export default () => () => { throw new Error('stuck'); };` });
    expect([teardown.lines.at(-1), teardown.exitCode]).toEqual(['1 passed, 1 failed', 1]);
    const nothing = await vitest({});
    expect([nothing.lines.at(-1), nothing.exitCode]).toEqual(['0 passed, 1 failed', 1]);
  });
});
