import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses, type NodeProcess, spawnNode } from '../../../test/support/processes.ts';
import { makeScratchFolder } from '../../../test/support/scratch-folder.ts';
import { problemLog } from '../../../test/support/test-postgres-options.ts';
import { startEmbeddedPostgres } from './index.ts';
import { serverUser } from './system-user.ts';
import { findWatchdogs, hasEnded, leftovers, pathsOf, query } from './testing/observe.ts';

failOnLeakedProcesses();

interface Report {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly adopted: boolean;
}

const folders: string[] = [];
const strangers: ChildProcess[] = [];

async function newFolder(): Promise<string> {
  const folder = await makeScratchFolder('crash');
  folders.push(folder);
  return folder;
}

function launch(dataDir: string): NodeProcess {
  return spawnNode({ entry: 'packages/embedded/src/testing/starter.ts', programArguments: [dataDir] });
}

async function report(starter: NodeProcess): Promise<Report> {
  return (await starter.waitForLog((entry) => 'port' in entry)) as unknown as Report;
}

async function started(dataDir: string): Promise<{ starter: NodeProcess; server: Report }> {
  const starter = launch(dataDir);
  return { starter, server: await report(starter) };
}

afterEach(async () => {
  for (const stranger of strangers.splice(0)) stranger.kill('SIGKILL');
  for (const folder of folders.splice(0)) expect(await leftovers(folder)).toEqual([]);
});

describe('when processes are killed', () => {
  it('the watchdog stops the server of a dead starter', async () => {
    const dataDir = await newFolder();
    const { starter, server } = await started(dataDir);
    await starter.kill('SIGKILL');
    expect(await hasEnded(server.pid, 5_000)).toBe(true);
  });

  it('the watchdog survives the signals of a terminal or service manager', async () => {
    const dataDir = await newFolder();
    const { starter, server } = await started(dataDir);
    const [watchdog = 0] = await findWatchdogs(dataDir);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(watchdog, signal);
    await starter.kill('SIGKILL');
    expect(await hasEnded(server.pid, 5_000)).toBe(true);
  });

  it('a watchdog killed alone is replaced', async () => {
    const dataDir = await newFolder();
    const { starter, server } = await started(dataDir);
    const [watchdog = 0] = await findWatchdogs(dataDir);
    process.kill(watchdog, 'SIGKILL');
    await expect
      .poll(async () => (await findWatchdogs(dataDir)).filter((pid) => pid !== watchdog).length, { timeout: 5_000 })
      .toBe(1);
    await starter.kill('SIGKILL');
    expect(await hasEnded(server.pid, 5_000)).toBe(true);
  });

  it('the next start adopts a server that was left without starter and watchdog, and guards it', async () => {
    const dataDir = await newFolder();
    const { starter, server } = await started(dataDir);
    await query(server.url, 'create table kept as select 1 as id');
    starter.signal('SIGSTOP'); // so that it can't replace its watchdog
    for (const watchdog of await findWatchdogs(dataDir)) process.kill(watchdog, 'SIGKILL');
    await starter.kill('SIGKILL');

    const next = await started(dataDir);
    expect(next.server).toEqual({ ...server, adopted: true });
    expect(await query(next.server.url, 'table kept')).toEqual([{ id: 1 }]);
    await next.starter.kill('SIGKILL');
    expect(await hasEnded(server.pid, 5_000)).toBe(true);
  });

  it('the next start recovers every commit after all of it was killed', async () => {
    const dataDir = await newFolder();
    const { starter, server } = await started(dataDir);
    await query(server.url, 'create table kept (id int)');
    for (let id = 1; id <= 20; id += 1) await query(server.url, `insert into kept values (${id})`);
    starter.signal('SIGSTOP');
    for (const pid of [...(await findWatchdogs(dataDir)), server.pid]) process.kill(pid, 'SIGKILL');
    await starter.kill('SIGKILL');

    const next = await started(dataDir);
    expect(next.server).toMatchObject({ url: server.url, adopted: false });
    expect(await query(next.server.url, 'select count(*)::int as rows from kept')).toEqual([{ rows: 20 }]);
    await next.starter.kill('SIGTERM');
  });

  it('tells when the server dies alone, and the next start works although a backend still computes', async () => {
    const dataDir = await newFolder();
    const warnings: string[] = [];
    const log = { ...problemLog, warn: (_: object, sentence: string) => warnings.push(sentence) };
    const options = { dataDir, log, extraSettings: { fsync: 'off' } };
    const first = await startEmbeddedPostgres(options);
    const busy = query(first.url, 'select count(*) from generate_series(1, 1e12::bigint)').catch(() => 'interrupted');
    await expect
      .poll(() =>
        query(first.url, `select from pg_stat_activity where query like '%generate_series%' and pid <> pg_backend_pid()`),
      )
      .toHaveLength(1);
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const second = await startEmbeddedPostgres(options);
    expect(second).toMatchObject({ adopted: false, port: first.port });
    expect(await busy).toBe('interrupted');
    expect(warnings).toContain('ending a process left over from a killed embedded Postgres');
    await first.stop(); // gives up its own hold only
    expect(await query(second.url, 'select 1 as one')).toHaveLength(1);
    await second.stop();
  });

  it('a starter killed while it creates the cluster leaves nothing that disturbs the next one', async () => {
    const dataDir = await newFolder();
    const starter = launch(dataDir);
    await appearance(dataDir, (name) => name.startsWith('postgres.new-'));
    await starter.kill('SIGKILL');
    expect(await readdir(dataDir)).not.toContain('postgres');
    const next = await started(dataDir);
    expect(next.server.adopted).toBe(false);
    expect(await readdir(dataDir)).toEqual(['postgres']);
    await next.starter.kill('SIGTERM');
  });

  it('a starter killed while its server starts leaves no server', async () => {
    const dataDir = await newFolder();
    await (await started(dataDir)).starter.kill('SIGTERM');
    const starter = launch(dataDir);
    await appearance((await pathsOf(dataDir)).data, (name) => name === 'postmaster.pid');
    await starter.kill('SIGKILL');
    expect(await leftovers(dataDir)).toEqual([]);
  });
});

describe('when several start on one folder', () => {
  it.each([['a new', false] as const, ['an existing', true] as const])(
    'one starts and the others adopt, in %s folder',
    async (_, exists) => {
      const dataDir = await newFolder();
      if (exists) await (await started(dataDir)).starter.kill('SIGTERM');
      const all = await Promise.all([started(dataDir), started(dataDir), started(dataDir)]);
      expect(new Set(all.map(({ server }) => server.pid)).size).toBe(1);
      expect(all.filter(({ server }) => !server.adopted)).toHaveLength(1);
      await Promise.all(all.map(({ starter }) => starter.kill('SIGTERM')));
    },
  );

  it('the server lives until the last of them has stopped or died, in whatever order', async () => {
    const dataDir = await newFolder();
    const first = await started(dataDir);
    const second = await started(dataDir);
    const third = await started(dataDir);
    const isUp = () => query(first.server.url, 'select 1 as one');
    const watchdogs = await findWatchdogs(dataDir);
    expect(watchdogs).toHaveLength(3);
    await first.starter.kill('SIGKILL');
    await expect.poll(async () => (await findWatchdogs(dataDir)).length).toBe(2);
    expect(await isUp()).toHaveLength(1);
    await second.starter.kill('SIGTERM');
    expect(await isUp()).toHaveLength(1);
    await third.starter.kill('SIGKILL');
    expect(await hasEnded(first.server.pid, 5_000)).toBe(true);
  });
});

describe('when postmaster.pid names a process that is not our server', () => {
  /**
   * A shell script run by the server's user (Postgres takes a live process of its own user for a running server and refuses).
   *
   * @returns the process id it prints, and a function that closes its input.
   */
  async function stranger(script: string, ...scriptArguments: string[]): Promise<{ pid: number; closeInput(): void }> {
    const user = await serverUser(problemLog);
    const child = spawn('/bin/sh', ['-c', script, 'sh', ...scriptArguments], {
      cwd: '/',
      stdio: ['pipe', 'pipe', 'ignore'],
      ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
    });
    strangers.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { pid: Number(line.toString()), closeInput: () => child.stdin.end() };
  }

  async function startWithPid(pid: number): Promise<void> {
    const dataDir = await newFolder();
    const first = await started(dataDir);
    const paths = await pathsOf(dataDir);
    const file = join(paths.data, 'postmaster.pid');
    const lines = (await readFile(file, 'utf8')).split('\n');
    await first.starter.kill('SIGTERM');
    await writeFile(file, [String(pid), ...lines.slice(1)].join('\n'));
    await writeFile(join(paths.root, `.s.PGSQL.${first.server.port}.lock`), [String(pid), ...lines.slice(1)].join('\n'));
    const next = await started(dataDir);
    expect(next.server.adopted).toBe(false);
    await next.starter.kill('SIGTERM');
  }

  it('starts when it is another program of the same user, which stays alive', async () => {
    const { pid } = await stranger('echo $$; exec tail -f /dev/null');
    await startWithPid(pid);
    expect(await hasEnded(pid, 0)).toBe(false);
  });

  it('starts when it is a zombie', async () => {
    // The shell turns into a tail, which never reaps the cat it inherits. The id is printed by tail, so a shell, which
    // would reap, is gone by then; closing the input ends cat.
    const file = join(await makeScratchFolder('zombie'), 'pid');
    await writeFile(file, '');
    await chmod(file, 0o666);
    const { pid, closeInput } = await stranger(
      'exec 3<&0; cat <&3 >/dev/null & echo $! >"$1"; exec tail -f "$1" 3<&- </dev/null',
      file,
    );
    closeInput();
    expect(await hasEnded(pid)).toBe(true);
    expect(() => process.kill(pid, 0)).not.toThrow();
    await startWithPid(pid);
  });

  it('starts when it is the server of another folder, which stays alive', async () => {
    const other = await started(await newFolder());
    await startWithPid(other.server.pid);
    expect(await query(other.server.url, 'select 1 as one')).toHaveLength(1);
    await other.starter.kill('SIGTERM');
  });

  it('starts when the id is free', async () => {
    await startWithPid(4_194_303);
  });
});

describe('when the running server does not accept our password', () => {
  it('says so and leaves the server alone', async () => {
    const dataDir = await newFolder();
    const { starter, server } = await started(dataDir);
    const { passwordFile } = await pathsOf(dataDir);
    const password = await readFile(passwordFile, 'utf8');
    await writeFile(passwordFile, 'another');
    await expect(startEmbeddedPostgres({ dataDir, log: problemLog })).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining(`process ${server.pid}`),
    });
    await writeFile(passwordFile, password);
    expect(await query(server.url, 'select 1 as one')).toHaveLength(1);
    await starter.kill('SIGTERM');
  });
});

/** Waits, by the kernel's notice, until a file whose name fits is in a folder. */
async function appearance(folder: string, fits: (name: string) => boolean): Promise<void> {
  await mkdir(folder, { recursive: true });
  const abort = new AbortController();
  const changes = watch(folder, { signal: abort.signal });
  if ((await readdir(folder)).some(fits)) return abort.abort();
  for await (const change of changes) {
    if (change.filename !== null && fits(change.filename)) return abort.abort();
  }
}
