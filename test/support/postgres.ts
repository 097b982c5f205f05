import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@orchestrator/embedded';
import { Client } from 'pg';
import { inject } from 'vitest';
import './provided.ts';
import { makeScratchFolder } from './scratch-folder.ts';
import { problemLog, unsafeFastSettings } from './test-postgres-options.ts';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

/**
 * A database of the shared server for one test file. With `migrated`, a copy of a template that is migrated once per run.
 */
export async function createTestDatabase(options: { readonly migrated: boolean }): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl');
  const name = `test_${inject('runId')}_${randomBytes(5).toString('hex')}`;
  const template = options.migrated ? await ensureTemplateDatabase(serverUrl, inject('runId')) : 'template1';
  await withClient(serverUrl, (client) => client.query(`create database ${name} template ${template}`));
  return {
    url: databaseUrl(serverUrl, name),
    name,
    drop: async () => {
      await withClient(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

export interface PrivatePostgres {
  /** Stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  /** Process id of the server of now. */
  readonly pid: number;
  /** Kills the postmaster with SIGKILL; its children follow. */
  crash(): Promise<void>;
  /** Orderly shutdown; the data stays. */
  stop(): Promise<void>;
  /** Starts it again after `crash` or `stop`, on the same port. */
  start(): Promise<void>;
  /** Stops it and removes its data. */
  dispose(): Promise<void>;
}

/** A server of its own for tests that kill it. */
export async function startPrivatePostgres(): Promise<PrivatePostgres> {
  const dataDir = await makeScratchFolder('postgres');
  const launch = () => startEmbeddedPostgres({ dataDir, log: problemLog, extraSettings: unsafeFastSettings });
  const first = await launch();
  let current: EmbeddedPostgres = first;
  const stop = () => current.stop();
  return {
    url: first.url,
    port: first.port,
    get pid() {
      return current.pid;
    },
    crash: async () => {
      process.kill(current.pid, 'SIGKILL');
      await current.exited;
      await current.stop(); // gives up the hold on a server that is gone
    },
    stop,
    start: async () => {
      const next = await launch();
      if (next.port !== first.port) {
        await next.stop();
        throw new Error(`port ${first.port} was taken by somebody else while the test's Postgres was down`);
      }
      current = next;
    },
    dispose: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Removes the template of a run from a server that outlives the run. */
export async function dropTemplateDatabase(serverUrl: string, runId: string): Promise<void> {
  await withClient(serverUrl, (client) => client.query(`drop database if exists ${templateName(runId)} with (force)`));
}

async function ensureTemplateDatabase(serverUrl: string, runId: string): Promise<string> {
  const template = templateName(runId);
  await withClient(serverUrl, async (client) => {
    // Test files run in several processes: one migrates, the others wait for the lock.
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [template]);
    const existing = await client.query('select from pg_database where datname = $1', [template]);
    if (existing.rowCount !== 0) return;
    const unfinished = `${template}_unfinished`;
    await client.query(`drop database if exists ${unfinished} with (force)`);
    await client.query(`create database ${unfinished} template template1`);
    const { migrate } = await import('@orchestrator/store');
    await migrate({ url: databaseUrl(serverUrl, unfinished) });
    await client.query(`alter database ${unfinished} rename to ${template}`);
  });
  return template;
}

function templateName(runId: string): string {
  return `template_${runId}`;
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
