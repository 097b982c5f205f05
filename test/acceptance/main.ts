import { parseArgs } from 'node:util';
import { readEnvironment } from '@orchestrator/config';
import { spawnNode } from '../support/processes.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { runChecks } from './run-checks.ts';

// npm run test:orchestrator [-- --url http://127.0.0.1:3000]

const startLimitMs = 120_000;

async function isRunning(url: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/livez', url), { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

/** A system of our own with this machine's keys and empty data; gone when the work is done. */
async function withOwnSystem<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  process.stderr.write('No system is running here: starting one for this run.\n');
  const given = Object.entries(readEnvironment()).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const system = spawnNode({
    entry: 'apps/supervisor/src/main.ts',
    env: { ...Object.fromEntries(given), DATA_DIR: await makeScratchFolder('acceptance'), PORT: '' },
  });
  process.once('SIGINT', () => system.signal('SIGINT'));
  try {
    const line = await system.waitForLine(/^Ready: /, startLimitMs);
    return await work(line.slice('Ready: '.length).trim());
  } finally {
    await system.kill('SIGINT');
  }
}

const { values } = parseArgs({ options: { url: { type: 'string' } } });
const print = (line: string) => void process.stdout.write(`${line}\n`);
const url = values.url ?? `http://127.0.0.1:${readEnvironment().PORT || 3000}`;
const isOk =
  values.url !== undefined || (await isRunning(url))
    ? await runChecks(url, print)
    : await withOwnSystem((own) => runChecks(own, print));
process.exitCode = isOk ? 0 : 1;
