import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { redisAvailable, startRedis, type TestRedis } from '../support/redis.ts';
import type { Client } from './support/client.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { workflow } from './support/workflows.ts';

failOnLeakedProcesses();

const requestsPerMinute = 10;
const env = { ORCHESTRATOR_REQUESTS_PER_MINUTE: String(requestsPerMinute) };
const noop = { workflow: workflow([{ id: 'a', action: 'noop' }]) };

function submitMany(apis: readonly Client[], count: number) {
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const api = apis[index % apis.length] as Client;
      const later = { prefer: 'respond-async' };
      return index % 3 === 0 ? api.post('/api/ai/generate', { prompt: 'x' }, later) : api.post('/api/workflows/run', noop, later);
    }),
  );
}

describe.each(backends())('with limits counted on %s', (backend) => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation({ backend, apis: 2, workers: 0, env });
  });
  afterAll(() => installation?.dispose());

  it('lets exactly as many submissions through as are allowed, by two APIs together', async () => {
    // One each first: a new connection to the server may take longer than an API waits for its count.
    const first = [...(await submitMany(installation.apis.slice(0, 1), 1)), ...(await submitMany(installation.apis.slice(1), 1))];
    const answers = [...first, ...(await submitMany(installation.apis, 38))];
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(requestsPerMinute);
    expect(refused).toHaveLength(30);
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({ code: 'rate-limited', status: 429, retryable: true });
      const retryAfterS = Number(headers.get('retry-after'));
      expect(retryAfterS).toBeGreaterThanOrEqual(1);
      expect(retryAfterS).toBeLessThanOrEqual(60);
      expect(headers.get('ratelimit')).toBe(`"submissions";r=0;t=${retryAfterS}`);
    }
    const left = answers.map(({ headers }) => Number(/;r=(\d+);/.exec(headers.get('ratelimit') ?? '')?.[1]));
    expect(left.filter((each) => each > 0).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { headers } of answers) expect(headers.get('ratelimit-policy')).toBe(`"submissions";q=${requestsPerMinute};w=60`);

    const listed = await installation.api.get('/api/jobs');
    expect((listed.body as { jobs: unknown[] }).jobs).toHaveLength(requestsPerMinute);
    expect([listed.status, listed.headers.get('ratelimit')]).toEqual([200, null]);
  });
});

describe.runIf(redisAvailable())('while the server of the limits is down', () => {
  let redis: TestRedis;
  let installation: Installation;
  beforeAll(async () => {
    redis = await startRedis();
    installation = await startInstallation({ apis: 1, workers: 0, env: { ...env, REDIS_URL: redis.url } });
  });
  afterAll(async () => {
    await installation?.dispose();
    await redis?.dispose();
  });

  it('each API counts for itself, and submissions go on', async () => {
    const before = [...(await submitMany(installation.apis, 1)), ...(await submitMany(installation.apis, 11))];
    expect(before.filter(({ status }) => status === 429)).toHaveLength(2);
    await redis.kill();
    const answers = await submitMany(installation.apis, 12);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(requestsPerMinute);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
  });
});
