import { Client } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase, startPrivatePostgres, type TestDatabase } from './postgres.ts';
import { redisAvailable, redisCommand, startRedis, type TestRedis } from './redis.ts';

const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

async function query<T>(url: string, text: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
}

async function newDatabase(migrated: boolean): Promise<TestDatabase> {
  const database = await createTestDatabase({ migrated });
  cleanups.push(() => database.drop());
  return database;
}

describe('createTestDatabase', () => {
  it('gives each caller a database of its own', async () => {
    const [first, second] = await Promise.all([newDatabase(false), newDatabase(false)]);
    await query(first.url, 'create table only_here (id int)');
    expect(await query(second.url, `select from pg_tables where tablename = 'only_here'`)).toEqual([]);
  });

  it('drops a database that is still connected to', async () => {
    const database = await createTestDatabase({ migrated: false });
    const client = new Client({ connectionString: database.url });
    const closed = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await database.drop();
    expect(await closed).toMatchObject({ code: '57P01' });
    await expect(query(database.url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
  });

  it('copies a database that was migrated once', async () => {
    const databases = await Promise.all([newDatabase(true), newDatabase(true), newDatabase(true)]);
    for (const database of databases) {
      const rows = await query(database.url, 'select version from supabase_migrations.schema_migrations');
      expect(rows.length).toBeGreaterThan(0);
    }
  });
});

describe('startPrivatePostgres', () => {
  it('keeps its address and its data over a crash and a stop', async () => {
    const postgres = await startPrivatePostgres();
    cleanups.push(() => postgres.dispose());
    await query(postgres.url, 'create table kept as select 1 as id');
    const firstPid = postgres.pid;
    await postgres.crash();
    await expect(query(postgres.url, 'select 1')).rejects.toThrow();
    await postgres.start();
    expect(postgres.pid).not.toBe(firstPid);
    expect(await query(postgres.url, 'table kept')).toEqual([{ id: 1 }]);
    await postgres.stop();
    await postgres.start();
    expect(await query(postgres.url, 'table kept')).toEqual([{ id: 1 }]);
  });
});

describe.runIf(redisAvailable())('startRedis', () => {
  async function newRedis(appendonly: boolean): Promise<TestRedis> {
    const redis = await startRedis({ appendonly });
    cleanups.push(() => redis.dispose());
    return redis;
  }

  it('keeps data over kill and restart with an append-only file, and loses it on flushAll', async () => {
    const redis = await newRedis(true);
    expect(await redisCommand(redis.port, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
    await redisCommand(redis.port, 'SET key value');
    const firstPid = redis.pid;
    await redis.kill();
    expect(() => redis.pid).toThrow('not running');
    await redis.restart();
    expect(redis.pid).not.toBe(firstPid);
    expect(await redisCommand(redis.port, 'GET key')).toContain('value');
    await redis.flushAll();
    expect(await redisCommand(redis.port, 'GET key')).toContain('$-1');
  });

  it('runs several side by side and stops each alone', async () => {
    const [first, second] = await Promise.all([newRedis(false), newRedis(false)]);
    expect(first.port).not.toBe(second.port);
    await first.stop();
    await second.flushAll();
    await expect(first.flushAll()).rejects.toThrow('ECONNREFUSED');
  });
});
