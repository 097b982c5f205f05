import { resolve } from 'node:path';
import { AppError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { loadConfig, requireConnections } from './config.ts';
import { repositoryRoot } from './environment.ts';

const providerIds = ['acme', 'big-corp'];
const load = (environment: Record<string, string | undefined>) => loadConfig(environment, { providerIds });

function problemOf(environment: Record<string, string | undefined>): string {
  try {
    load(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('invalid-configuration');
    expect((error as AppError).message).not.toContain('\n');
    return (error as AppError).message;
  }
  throw new Error('accepted');
}

describe('loadConfig', () => {
  it('reads private hosts as a list', () => {
    expect(load({}).allowedPrivateHosts).toEqual([]);
    const hosts = load({ ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS: ' 10.0.0.0/8, ,receiver.internal:9000' }).allowedPrivateHosts;
    expect(hosts).toEqual(['10.0.0.0/8', 'receiver.internal:9000']);
  });

  it('takes a key of 32 bytes only, and does not repeat it', () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    expect(load({ ORCHESTRATOR_SECRET_KEY: key }).secretKey).toBe(key);
    expect(load({})).not.toHaveProperty('secretKey');
    for (const wrong of ['short', key.slice(0, -1), `${key}AAAA`, Buffer.alloc(31, 7).toString('base64')]) {
      const problem = problemOf({ ORCHESTRATOR_SECRET_KEY: wrong });
      expect(problem).toContain('ORCHESTRATOR_SECRET_KEY must be 32 random bytes');
      expect(problem).not.toContain(wrong);
    }
  });

  it('needs nothing and is frozen all through', () => {
    const config = load({ PATH: '/bin' });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      isPortExplicit: false,
      dataDir: resolve(repositoryRoot, '.data'),
      store: null,
      queue: null,
      workers: 1,
      worker: { concurrency: 200, leaseMs: 7_000, shutdownMs: 25_000, slot: 0 },
      providers: {},
    });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.worker)).toBe(true);
    expect(config).not.toHaveProperty('defaultProvider');
  });

  it('takes an empty value for not set', () => {
    expect(load({ PORT: '', REDIS_URL: ' ', ACME_API_KEY: '' })).toMatchObject({
      isPortExplicit: false,
      queue: null,
      providers: {},
    });
  });

  it.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])('listens on %s', (host) => {
    expect(load({ HOST: host }).host).toBe(host);
  });

  it.each(['0.0.0.0', '::', '192.168.1.4', '127.0.0.1.example.com', 'example.com'])('refuses to listen on %s', (host) => {
    expect(problemOf({ HOST: host })).toBe(
      `Invalid configuration: HOST must be a loopback address such as 127.0.0.1: the API has no authentication yet, so others must not reach it (it is "${host}").`,
    );
  });

  it.each(['65536', '80a', '-1', '1e3', '3000.5'])('refuses port %s', (port) => {
    expect(problemOf({ PORT: port })).toContain('PORT must be a whole number from 0 to 65535');
  });

  it('names every broken variable in one line', () => {
    const problem = problemOf({ PORT: 'x', LOG_LEVEL: 'loud', ORCHESTRATOR_WORKERS: '0', ACME_BASE_URL: 'ftp://acme' });
    for (const name of ['PORT', 'LOG_LEVEL', 'ORCHESTRATOR_WORKERS', 'ACME_BASE_URL']) expect(problem).toContain(name);
  });

  it('names the variable that a misspelled one meant', () => {
    expect(problemOf({ ORCHESTRATOR_WORKER_CONCURENCY: '3' })).toContain('did you mean ORCHESTRATOR_WORKER_CONCURRENCY?');
    expect(problemOf({ ORCHESTRATOR_QUANTUM_FLUX: '3' })).not.toContain('did you mean');
  });

  it('never repeats a secret', () => {
    const problem = problemOf({
      SUPABASE_DB_URL: 'mysql://u:hunter2@db',
      REDIS_URL: 'hunter2',
      SUPABASE_SERVICE_ROLE_KEY: 'sb_publishable_hunter2',
      ACME_API_KEY: 'hunter2 hunter2',
      ACME_BASE_URL: 'https://u:hunter2@acme.example/v1',
    });
    expect(problem).not.toContain('hunter2');
    expect(problem).toContain('ACME_API_KEY');
    expect(problem).toContain('ACME_BASE_URL must hold no user name or password');
  });

  it('reads providers by the ids of the registry only', () => {
    const config = load({
      ACME_API_KEY: 'k1',
      BIG_CORP_API_KEY: 'k2',
      BIG_CORP_BASE_URL: 'http://127.0.0.1:9/v1',
      BIG_CORP_DEFAULT_MODEL: 'm',
      OTHER_API_KEY: 'k3',
    });
    expect({ ...config.providers }).toEqual({
      acme: { apiKey: 'k1' },
      'big-corp': { apiKey: 'k2', baseUrl: 'http://127.0.0.1:9/v1', defaultModel: 'm' },
    });
  });
});

describe('connections', () => {
  const databaseUrl = 'postgres://u:p@db.example:5432/postgres';

  it('puts the queue into the configured database', () => {
    expect(load({ SUPABASE_DB_URL: databaseUrl })).toMatchObject({
      store: { type: 'postgres', url: databaseUrl },
      queue: { type: 'postgres', url: databaseUrl },
    });
  });

  it('prefers Redis for the queue and the database URL for the data', () => {
    const config = load({
      SUPABASE_DB_URL: databaseUrl,
      SUPABASE_URL: 'https://x.supabase.co',
      SUPABASE_SERVICE_ROLE_KEY: 'sb_secret_abc',
      REDIS_URL: 'redis://127.0.0.1:6379',
    });
    expect(config).toMatchObject({ store: { type: 'postgres' }, queue: { type: 'redis', url: 'redis://127.0.0.1:6379' } });
  });

  it.each(['sb_secret_abc', 'eyJhbGciOiJIUzI1NiJ9.e30.x'])('accepts the key %s', (key) => {
    expect(load({ SUPABASE_URL: 'https://x.supabase.co', SUPABASE_SERVICE_ROLE_KEY: key })).toMatchObject({
      store: { type: 'supabase', url: 'https://x.supabase.co', serviceRoleKey: key },
      queue: null,
    });
  });

  it.each([
    [{ SUPABASE_URL: 'https://x.supabase.co' }, 'SUPABASE_URL needs SUPABASE_SERVICE_ROLE_KEY'],
    [{ SUPABASE_SERVICE_ROLE_KEY: 'sb_secret_abc' }, 'SUPABASE_SERVICE_ROLE_KEY needs SUPABASE_URL'],
    [{ REDIS_URL: 'redis://h', QUEUE_DATABASE_URL: databaseUrl }, 'REDIS_URL and QUEUE_DATABASE_URL are both set'],
    [{ SUPABASE_DB_URL: 'postgres://u:p@db.example:6543/postgres' }, 'SUPABASE_DB_URL is a transaction pooler'],
    [{ QUEUE_DATABASE_URL: 'postgres://u:p@db.example:6543/postgres' }, 'QUEUE_DATABASE_URL is a transaction pooler'],
    [{ ORCHESTRATOR_ENABLE_AUDIT: 'false' }, 'ORCHESTRATOR_ENABLE_AUDIT must be true'],
  ])('refuses %o', (environment, problem) => {
    expect(problemOf(environment)).toContain(problem);
  });

  it('demands both of a process without the supervisor', () => {
    expect(() => requireConnections(load({}))).toThrow('no database is configured');
    expect(() => requireConnections(load({ SUPABASE_URL: 'https://x', SUPABASE_SERVICE_ROLE_KEY: 'k' }))).toThrow('no queue');
    expect(requireConnections(load({ SUPABASE_DB_URL: databaseUrl })).queue.type).toBe('postgres');
  });
});
