import { readFile, realpath } from 'node:fs/promises';
import { Client } from 'pg';
import type { ClusterPaths } from './cluster-paths.ts';
import { pollUntil } from './poll-until.ts';
import type { PostmasterFile } from './postmaster.ts';

const connectTimeoutMs = 3_000;

/** What a connection told us about a server that looks like ours. */
export type Probe =
  | { readonly answer: 'ours'; readonly port: number }
  /** Another cluster listens there, or our password is not its password. */
  | { readonly answer: 'not-ours'; readonly reason: string }
  | { readonly answer: 'not-yet'; readonly reason: string };

export function serverUrl(port: number, password: string, databaseName: string): string {
  return `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(databaseName)}`;
}

export async function readPassword(paths: ClusterPaths): Promise<string> {
  return (await readFile(paths.passwordFile, 'utf8')).trim();
}

/** Connects with our password and asks for the data directory: nothing less proves that a server is ours and serves. */
export async function probeServer(paths: ClusterPaths, postmaster: PostmasterFile): Promise<Probe> {
  const { port } = postmaster;
  if (port === null) return { answer: 'not-yet', reason: 'it has not chosen its port' };
  try {
    const directory = await withClient(serverUrl(port, await readPassword(paths), 'postgres'), async (client) => {
      const result = await client.query<{ directory: string }>(`select current_setting('data_directory') as directory`);
      return result.rows[0]?.directory ?? '';
    });
    if ((await realpath(directory).catch(() => directory)) === paths.data) return { answer: 'ours', port };
    return { answer: 'not-ours', reason: `port ${port} serves ${directory}` };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const isRefused = code === '28P01' || code === '28000';
    return { answer: isRefused ? 'not-ours' : 'not-yet', reason: message };
  }
}

/** Creates the database if absent. */
export async function ensureDatabase(url: string, databaseName: string): Promise<void> {
  await withClient(url, async (client) => {
    const existing = await client.query('select from pg_database where datname = $1', [databaseName]);
    if (existing.rowCount !== 0) return;
    await client.query(`create database ${client.escapeIdentifier(databaseName)}`).catch((error: { code?: string }) => {
      if (error.code !== '42P04' && error.code !== '23505') throw error; // somebody else made it meanwhile
    });
  });
}

/** A server just started can refuse for a moment while others use up its connections. */
export async function awaitOurs(paths: ClusterPaths, postmaster: PostmasterFile, timeoutMs: number): Promise<Probe> {
  let last: Probe = { answer: 'not-yet', reason: 'it was not asked' };
  await pollUntil(
    async () => {
      last = await probeServer(paths, postmaster);
      return last.answer === 'not-yet' ? undefined : last;
    },
    { intervalMs: 100, timeoutMs },
  );
  return last;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs, query_timeout: 30_000 });
  client.on('error', () => undefined); // the server going away shows in the pending query as well
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
