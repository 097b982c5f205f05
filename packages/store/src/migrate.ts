import { readdir, readFile } from 'node:fs/promises';
import { AppError } from '@orchestrator/contracts';
import pg from 'pg';

export interface MigrateOptions {
  /** A session connection with the rights of the tables' owner. */
  readonly url: string;
  readonly log?: { info(facts: object, sentence: string): void };
}

/** One level above both `src` and `dist`. */
const folder = new URL('../supabase/migrations/', import.meta.url);
const fileName = /^(\d{14})_(\w+)\.sql$/;
/** Any fixed number: all runners of one database must use the same. */
const lockId = 7_261_930_011;

/**
 * Brings a database to this version's schema: one connection, an advisory lock against other runners, one
 * transaction per file, recorded where the Supabase CLI records its own. Running it again does nothing.
 * @throws AppError `store-unavailable` when the database can't be reached, `internal` naming the file that failed
 */
export async function migrate(options: MigrateOptions): Promise<{ readonly applied: readonly string[] }> {
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: 5_000,
    application_name: 'orchestrator-migrate',
  });
  // A connection that breaks also rejects the query in progress; the event alone would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (cause) {
    throw new AppError('store-unavailable', 'The database to migrate does not answer.', { retryable: true, cause });
  }
  try {
    await client.query('select pg_advisory_lock($1)', [lockId]);
    return { applied: await applyMissing(client, options.log) };
  } finally {
    await client.end();
  }
}

async function applyMissing(client: pg.Client, log: MigrateOptions['log']): Promise<readonly string[]> {
  await client.query('create schema if not exists supabase_migrations');
  await client.query(
    'create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text)',
  );
  const recorded = await client.query<{ version: string }>('select version from supabase_migrations.schema_migrations');
  const done = new Set(recorded.rows.map((row) => row.version));
  const applied: string[] = [];
  for (const file of (await readdir(folder)).sort()) {
    const [, version, name] = fileName.exec(file) ?? [];
    if (version === undefined || name === undefined || done.has(version)) continue;
    await applyFile(client, file, version, name);
    applied.push(file);
    log?.info({ migration: file }, 'migration applied');
  }
  if (applied.length > 0) {
    await client.query("select public.maintain_store('{}')");
    // PostgREST keeps the list of functions in memory; without a listener this does nothing.
    await client.query("notify pgrst, 'reload schema'");
  }
  return applied;
}

async function applyFile(client: pg.Client, file: string, version: string, name: string): Promise<void> {
  const sql = await readFile(new URL(file, folder), 'utf8');
  try {
    await client.query('begin');
    await client.query(sql);
    await client.query('insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)', [
      version,
      name,
      [sql],
    ]);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback').catch(() => {});
    throw new AppError('internal', `Migration ${file} failed.`, { details: { migration: file }, cause });
  }
}
