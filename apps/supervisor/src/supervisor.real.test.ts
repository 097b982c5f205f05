import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repositoryRoot } from '@orchestrator/config';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../test/support/free-port.ts';
import { failOnLeakedProcesses, type NodeProcess, spawnNode } from '../../../test/support/processes.ts';
import { makeScratchFolder } from '../../../test/support/scratch-folder.ts';

failOnLeakedProcesses();

// Whatever a developer's .env says, these systems bring their own database and queue; an empty value counts as not set.
const ownServers = {
  SUPABASE_DB_URL: '',
  SUPABASE_URL: '',
  SUPABASE_SERVICE_ROLE_KEY: '',
  REDIS_URL: '',
  QUEUE_DATABASE_URL: '',
};
const noKeys = { OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '', ORCHESTRATOR_DEFAULT_PROVIDER: '' };
const started: NodeProcess[] = [];

function startSystem(dataDir: string, env: Readonly<Record<string, string>> = {}): NodeProcess {
  const system = spawnNode({
    entry: 'apps/supervisor/src/main.ts',
    env: { ...ownServers, ...noKeys, DATA_DIR: dataDir, PORT: '', HOST: '', ORCHESTRATOR_WORKERS: '', ...env },
  });
  started.push(system);
  return system;
}

async function urlOf(system: NodeProcess): Promise<string> {
  const line = await system.waitForLine(/^Ready: /, 60_000);
  return line.slice('Ready: '.length);
}

interface SystemProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function allProcesses(): SystemProcess[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    // A zombie has ended; whoever adopted it has not noticed yet.
    return pid === undefined || state?.startsWith('Z')
      ? []
      : [{ pid: Number(pid), parent: Number(parent), command: command ?? '' }];
  });
}

/** Postgres names its data directory in a file only. */
function postgresOf(dataDir: string): number | undefined {
  const file = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith('postmaster.pid'));
  return file === undefined ? undefined : Number.parseInt(readFileSync(join(dataDir, file), 'utf8'), 10);
}

/** The API, the workers, Postgres and its watchdog. */
function partsOf(system: NodeProcess, dataDir: string): number[] {
  const postgres = postgresOf(dataDir);
  return allProcesses()
    .filter(({ pid, parent }) => parent === system.pid || pid === postgres)
    .map(({ pid }) => pid);
}

function workerOf(system: NodeProcess): number | undefined {
  return allProcesses().find(({ parent, command }) => parent === system.pid && command.includes('/worker/'))?.pid;
}

/** Polls, as there is no event for the end of a process that is not our child. */
async function eventually<Result>(read: () => Result | undefined, withinMs: number): Promise<Result> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const result = read();
    if (result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms`);
    await delay(50);
  }
}

async function expectEnded(pids: readonly number[], withinMs: number): Promise<void> {
  let alive: SystemProcess[] = [];
  const ended = () => {
    alive = allProcesses().filter(({ pid }) => pids.includes(pid));
    return alive.length === 0 ? true : undefined;
  };
  await eventually(ended, withinMs).catch(() => expect(alive).toEqual([]));
}

async function runDemo(url: string): Promise<{ readonly runId: string; readonly status: string }> {
  const workflow = JSON.parse(readFileSync(join(repositoryRoot, 'workflows/research-and-summarize.json'), 'utf8'));
  const answer = await fetch(`${url}/api/workflows/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workflow }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { runId: string; status: string };
}

async function jobStatus(url: string, runId: string): Promise<unknown> {
  const answer = await fetch(`${url}/api/jobs/${runId}`);
  return ((await answer.json()) as { status: unknown }).status;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((system) => (system.hasExited ? undefined : system.kill('SIGINT'))));
});

describe('the supervisor', () => {
  it('runs the demo, stops at Ctrl-C without a trace, and keeps the data', { timeout: 120_000 }, async () => {
    const dataDir = await makeScratchFolder('supervisor');
    const first = startSystem(dataDir);
    const url = await urlOf(first);
    const demo = await runDemo(url);
    expect(demo.status).toBe('completed');
    const parts = partsOf(first, dataDir);
    expect(parts).toHaveLength(4);

    const stoppedAtMs = Date.now();
    expect(await first.kill('SIGINT')).toEqual({ exitCode: 0, signal: null });
    expect(Date.now() - stoppedAtMs).toBeLessThan(10_000);
    await expectEnded(parts, 1_000);

    const second = startSystem(dataDir);
    expect(await jobStatus(await urlOf(second), demo.runId)).toBe('completed');
  });

  it('leaves no orphan when it is killed, and the next start recovers', { timeout: 120_000 }, async () => {
    const dataDir = await makeScratchFolder('supervisor');
    const port = String(await freePort());
    const first = startSystem(dataDir, { PORT: port });
    const demo = await runDemo(await urlOf(first));
    const parts = partsOf(first, dataDir);
    await first.kill('SIGKILL');

    // At once, while the old parts are on their way out: the port that was asked for becomes free in time.
    const second = startSystem(dataDir, { PORT: port });
    await expectEnded(
      parts.filter((pid) => !partsOf(second, dataDir).includes(pid)),
      5_000,
    );
    const url = await urlOf(second);
    expect(url).toContain(`:${port}`);
    expect(await jobStatus(url, demo.runId)).toBe('completed');

    const everything = partsOf(second, dataDir);
    await second.kill('SIGKILL');
    await expectEnded(everything, 5_000);
  });

  it('recovers when everything was killed at the same moment', { timeout: 120_000 }, async () => {
    const dataDir = await makeScratchFolder('supervisor');
    const first = startSystem(dataDir);
    const demo = await runDemo(await urlOf(first));
    for (const pid of [first.pid, ...partsOf(first, dataDir)]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Postgres's processes end together.
      }
    }
    await first.exited;
    const second = startSystem(dataDir);
    expect(await jobStatus(await urlOf(second), demo.runId)).toBe('completed');
  });

  it('starts a crashed worker again', { timeout: 120_000 }, async () => {
    const dataDir = await makeScratchFolder('supervisor');
    const system = startSystem(dataDir);
    const url = await urlOf(system);
    const first = workerOf(system);
    if (first === undefined) throw new Error('no worker');
    process.kill(first, 'SIGKILL');
    await system.waitForLine(/worker 1: was killed by SIGKILL; starting it again in 1 s/);
    const second = await eventually(() => workerOf(system), 10_000);
    expect(second).not.toBe(first);
    expect((await runDemo(url)).status).toBe('completed');
  });

  it('lets two data directories run side by side, but one only once', { timeout: 120_000 }, async () => {
    const [left, right] = [await makeScratchFolder('supervisor'), await makeScratchFolder('supervisor')];
    const systems = [startSystem(left), startSystem(right)];
    const urls = await Promise.all(systems.map(urlOf));
    expect(new Set(urls).size).toBe(2);
    for (const url of urls) expect((await runDemo(url)).status).toBe('completed');

    const third = startSystem(left);
    await third.expectExit({ exitCode: 1 });
    expect(third.lines.join('\n')).toContain(`${left} is in use by another copy of this system (process ${systems[0]?.pid})`);
    expect((await runDemo(urls[0] ?? '')).status).toBe('completed');
  });

  it('refuses a taken port that was asked for', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as { port: number };
      const system = startSystem(await makeScratchFolder('supervisor'), { PORT: String(port) });
      await system.expectExit({ exitCode: 1 });
      expect(system.lines.join('\n')).toContain(`Port ${port} on 127.0.0.1 is taken.`);
    } finally {
      server.close();
    }
  });

  it('refuses to be reachable by others, in one line', async () => {
    const system = startSystem(await makeScratchFolder('supervisor'), { HOST: '0.0.0.0' });
    await system.expectExit({ exitCode: 78 });
    expect(system.lines).toHaveLength(1);
    expect(system.lines[0]).toContain('HOST must be a loopback address');
  });
});
