import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { clusterPaths } from '../cluster-paths.ts';
import { pollUntil } from '../poll-until.ts';
import { findServerProcesses } from '../postmaster.ts';
import { isProcessAlive } from '../process-facts.ts';

/** Runs one statement on a connection of its own. */
export async function query<T>(url: string, text: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
}

export async function pathsOf(dataDir: string) {
  const real = await realpath(dataDir);
  return clusterPaths(real, await realpath(join(real, 'postgres')));
}

/** Process ids of the watchdogs that guard a folder. */
export async function findWatchdogs(dataDir: string): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-A', '-o', 'pid=,command='], { maxBuffer: 16 * 1024 * 1024 });
  const lines = stdout.split('\n').filter((line) => /watchdog\.[tj]s /.test(line) && line.includes(` ${dataDir} `));
  return lines.map((line) => Number.parseInt(line, 10));
}

export async function hasEnded(pid: number, timeoutMs = 15_000): Promise<boolean> {
  return (await pollUntil(async () => ((await isProcessAlive(pid)) ? undefined : true), { intervalMs: 25, timeoutMs })) === true;
}

/** What is left of a folder's servers and watchdogs, once those that are ending had their time. */
export async function leftovers(dataDir: string, timeoutMs = 15_000): Promise<readonly number[]> {
  const paths = await pathsOf(dataDir);
  const look = async () => [...(await findServerProcesses(paths)), ...(await findWatchdogs(paths.dataDir))];
  const clean = await pollUntil(async () => ((await look()).length === 0 ? true : undefined), { intervalMs: 50, timeoutMs });
  return clean === true ? [] : look();
}
