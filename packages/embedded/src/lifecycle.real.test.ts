import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { makeScratchFolder } from '../../../test/support/scratch-folder.ts';
import { problemLog } from '../../../test/support/test-postgres-options.ts';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './index.ts';
import { hasEnded, leftovers, pathsOf, query } from './testing/observe.ts';

const servers: EmbeddedPostgres[] = [];
const folders: string[] = [];

async function start(dataDir: string, options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: problemLog, ...options });
  servers.push(server);
  folders.push(dataDir);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const folder of new Set(folders.splice(0))) expect(await leftovers(folder)).toEqual([]);
});

describe('startEmbeddedPostgres', () => {
  it('makes a database that does not depend on the locale of the machine, durable and only local', async () => {
    const server = await start(await makeScratchFolder('pg'));
    expect(server.adopted).toBe(false);
    const rows = await query<Record<string, string>>(
      server.url,
      `select current_database() as name, pg_encoding_to_char(encoding) as encoding, datlocprovider as provider, datlocale as locale,
         current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
         current_setting('autovacuum_naptime') as naptime, current_setting('listen_addresses') as addresses,
         current_setting('max_connections') as connections, current_setting('server_version_num')::int / 10000 as version
       from pg_database where datname = current_database()`,
    );
    expect(rows).toEqual([
      {
        name: 'orchestrator',
        encoding: 'UTF8',
        provider: 'b',
        locale: 'C.UTF-8',
        fsync: 'on',
        synchronous_commit: 'on',
        naptime: '5s',
        addresses: '127.0.0.1',
        connections: '200',
        version: 18,
      },
    ]);
  });

  it('protects the database by a generated password that only its owner can read', async () => {
    const dataDir = await makeScratchFolder('pg');
    const server = await start(dataDir);
    const paths = await pathsOf(dataDir);
    const url = new URL(server.url);
    expect((await readFile(paths.passwordFile, 'utf8')).length).toBeGreaterThanOrEqual(32);
    expect((await stat(paths.passwordFile)).mode & 0o777).toBe(0o600);
    expect((await stat(paths.data)).mode & 0o777).toBe(0o700);
    url.password = 'another';
    await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps data, password and port over an orderly restart, and makes a further database', async () => {
    const dataDir = await makeScratchFolder('pg');
    const first = await start(dataDir);
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    await first.exited;
    await expect(query(first.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    const second = await start(dataDir);
    expect(second.url).toBe(first.url);
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url, 'table kept')).toEqual([{ answer: 42 }]);
    await second.stop();
    const other = await start(dataDir, { databaseName: 'Odd "name"' });
    expect(await query(other.url, 'select current_database() as name')).toEqual([{ name: 'Odd "name"' }]);
  });

  it('stops within 10 s although clients are connected and busy', async () => {
    const server = await start(await makeScratchFolder('pg'));
    const client = new Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    const interrupted = client.query('select pg_sleep(600)').catch((error: { code?: string }) => error.code);
    const startedAt = performance.now();
    await Promise.all([server.stop(), server.stop()]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(await interrupted).toBe('57P01');
    expect(await hasEnded(server.pid, 0)).toBe(true);
  });

  it('runs servers of different folders side by side', async () => {
    const [first, second] = await Promise.all([start(await makeScratchFolder('pg')), start(await makeScratchFolder('pg'))]);
    expect(first.port).not.toBe(second.port);
    await query(first.url, 'create table only_here ()');
    await first.stop();
    expect(await query(second.url, `select from pg_tables where tablename = 'only_here'`)).toEqual([]);
  });

  it('takes another port when the last one is in use', async () => {
    const dataDir = await makeScratchFolder('pg');
    const first = await start(dataDir);
    await first.stop();
    const occupant = createServer().listen(first.port, '127.0.0.1');
    await once(occupant, 'listening');
    const second = await start(dataDir);
    occupant.close();
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it.each([
    ['spaces, quotes and shell characters', `a b 'c' "d" $HOME \`e\` ;f,g`],
    ['more characters than a socket path may have', 'x'.repeat(120)],
  ])('works in a folder whose name has %s', async (_, name) => {
    const server = await start(join(await makeScratchFolder('pg'), name));
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('refuses data of another major version and says so', async () => {
    const dataDir = await makeScratchFolder('pg');
    const server = await start(dataDir);
    await server.stop();
    const versionFile = join((await pathsOf(dataDir)).data, 'PG_VERSION');
    await writeFile(versionFile, '17\n');
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'invalid-configuration', message: /Postgres 17.*18/ });
  });

  it('tells what the server said when it can not start', async () => {
    const dataDir = await makeScratchFolder('pg');
    await expect(start(dataDir, { extraSettings: { shared_buffers: 'plenty' } })).rejects.toMatchObject({
      code: 'store-unavailable',
      message: /shared_buffers/,
    });
    expect(await leftovers(dataDir)).toEqual([]);
  });
});
