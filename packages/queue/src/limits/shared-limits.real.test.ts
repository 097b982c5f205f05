import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { QueueBackend } from '../queue.ts';
import { startServer, type TestServer } from '../testing/test-server.ts';
import { createSharedLimits } from './create-shared-limits.ts';
import type { SharedLimits } from './shared-limits.ts';

describe.each(['redis', 'postgres'] as const)('limits on %s', (type: QueueBackend['type']) => {
  let server: TestServer;
  let prefix = '';
  const open: SharedLimits[] = [];
  const lines: string[] = [];
  const write = (_facts: object, sentence: string) => void lines.push(sentence);
  const log = { debug: write, info: write, warn: write, error: write };

  beforeAll(async () => {
    server = await startServer[type]();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((limits) => limits.close()));
    lines.length = 0;
    prefix = '';
  });
  afterAll(async () => {
    await server.dispose();
  });

  async function connect(): Promise<SharedLimits> {
    prefix ||= `t${randomUUID().slice(0, 8)}`;
    // A busy machine must not be taken for a server that is away: then each process would count for itself.
    const limits = await createSharedLimits({ backend: server.backend, prefix, log, commandTimeoutMs: 10_000 });
    open.push(limits);
    return limits;
  }

  const taken = (results: readonly PromiseSettledResult<unknown>[]) =>
    results.filter((result) => result.status === 'fulfilled').length;
  const minute = { keyPrefix: 'rpm', points: 25, durationS: 60 };

  it('gives out exactly the points, however many processes ask at once', async () => {
    // Eight start together: on Postgres they also race for the table.
    const workers = await Promise.all(Array.from({ length: 8 }, connect));
    const limiters = workers.map(({ factory }) => factory(minute));
    const results = await Promise.allSettled(Array.from({ length: 200 }, (_, index) => limiters[index % 8]?.consume('acme')));
    expect(taken(results)).toBe(25);
    const refusal = results.find((result) => result.status === 'rejected')?.reason;
    expect(refusal).toBeInstanceOf(RateLimiterRes);
    expect(refusal.msBeforeNext).toBeGreaterThan(0);
    expect(refusal.msBeforeNext).toBeLessThanOrEqual(60_000);
    expect(lines).toEqual([]);
  });

  it('keeps providers, limiters and installations apart', async () => {
    const { factory } = await connect();
    const requests = factory({ ...minute, points: 1 });
    const tokens = factory({ ...minute, keyPrefix: 'tpm', points: 1 });
    await requests.consume('acme');
    await expect(requests.consume('acme')).rejects.toBeInstanceOf(RateLimiterRes);
    await requests.consume('other');
    await tokens.consume('acme');
    const elsewhere = await createSharedLimits({ backend: server.backend, prefix: `${prefix}x`, log });
    open.push(elsewhere);
    await elsewhere.factory({ ...minute, points: 1 }).consume('acme');
  });

  it('lets another process see what one gave back, blocked or deleted', async () => {
    const [one, other] = await Promise.all([connect(), connect()]);
    const mine = one.factory({ ...minute, points: 100 });
    const theirs = other.factory({ ...minute, points: 100 });
    await mine.consume('acme', 100);
    await expect(theirs.consume('acme', 1)).rejects.toBeInstanceOf(RateLimiterRes);
    await mine.reward('acme', 61);
    await theirs.consume('acme', 60);
    await mine.block('acme', 30);
    expect((await theirs.get('acme'))?.remainingPoints).toBe(0);
    await mine.delete('acme');
    expect(await theirs.get('acme')).toBeNull();
  });

  it('keeps a key for as long as it is set again', async () => {
    const [one, other] = await Promise.all([connect(), connect()]);
    const mine = one.factory({ ...minute, points: 1 });
    const theirs = other.factory({ ...minute, points: 1 });
    await mine.consume('acme', 1, { customDuration: 10 });
    expect((await theirs.get('acme'))?.msBeforeNext).toBeLessThanOrEqual(10_000);
    await mine.set('acme', 1, 30);
    expect((await theirs.get('acme'))?.msBeforeNext).toBeGreaterThan(20_000);
    await expect(theirs.consume('acme')).rejects.toBeInstanceOf(RateLimiterRes);
  });

  it('forgets a key when its time is over', async () => {
    const { factory } = await connect();
    const limiter = factory({ keyPrefix: 'short', points: 1, durationS: 0.4 });
    await limiter.consume('acme');
    await expect(limiter.consume('acme')).rejects.toBeInstanceOf(RateLimiterRes);
    await expect.poll(async () => (await limiter.get('acme'))?.consumedPoints ?? 0, { timeout: 10_000 }).toBe(0);
    await limiter.consume('acme');
  });

  it('counts alone while the server is down, and together again afterwards', { timeout: 60_000 }, async () => {
    const [one, other] = await Promise.all([connect(), connect()]);
    const mine = one.factory({ ...minute, points: 2 });
    const theirs = other.factory({ ...minute, points: 2 });
    await server.kill();
    const results = await Promise.allSettled([1, 2, 3].map(() => mine.consume('acme')));
    expect(taken(results)).toBe(2);
    expect(taken(await Promise.allSettled([1, 2, 3].map(() => theirs.consume('acme'))))).toBe(2);
    await server.start();
    const sharedPoints = async () => {
      const key = randomUUID();
      await mine.consume(key);
      return (await theirs.get(key))?.consumedPoints;
    };
    await expect.poll(sharedPoints, { timeout: 20_000 }).toBe(1);
    expect(lines.some((line) => line.startsWith('Limits are counted by this process alone'))).toBe(true);
  });
});

it('names the table that the documentation names', async () => {
  const server = await startServer.postgres();
  const write = () => {};
  const limits = await createSharedLimits({
    backend: server.backend,
    log: { debug: write, info: write, warn: write, error: write },
  });
  const client = new pg.Client(server.backend.url);
  await client.connect();
  try {
    await limits.factory({ keyPrefix: 'rpm', points: 1, durationS: 60 }).consume('acme');
    const { rows } = await client.query('select key, points from orchestrator_limits.limits');
    expect(rows).toEqual([{ key: 'orchestrator:limits:rpm:acme', points: 1 }]);
  } finally {
    await client.end();
    await limits.close();
    await server.dispose();
  }
});
