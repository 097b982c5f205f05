import { expect, it } from 'vitest';
import { startApi } from '../testing/start-api.ts';
import { createRequestLimit, type RequestCounter } from './request-limit.ts';

const workflow = { name: 'w', steps: [{ id: 'a', action: 'noop' }] };
const later = { prefer: 'respond-async' };

/** Counts to `points` like the library: a refusal rejects with the figures. */
function counterOf(points: number): RequestCounter & { readonly keys: string[] } {
  const keys: string[] = [];
  return {
    keys,
    async consume(key) {
      keys.push(key);
      const count = { remainingPoints: Math.max(0, points - keys.length), msBeforeNext: 41_200 };
      if (keys.length > points) throw count;
      return count;
    },
  };
}

it('lets so many submissions through, of any kind, and tells what is left', async () => {
  const counter = counterOf(3);
  const asked: object[] = [];
  const makeCounter = (options: object) => {
    asked.push(options);
    return counter;
  };
  await using test = await startApi({ requestLimit: createRequestLimit(makeCounter, 3, { warn: () => {} }) });
  expect(asked).toEqual([{ keyPrefix: 'submissions', points: 3, durationS: 60 }]);
  const answers = [
    await test.post('/api/ai/generate', { prompt: 'Hi' }, later),
    await test.post('/api/workflows/run', { workflow }, later),
    await test.post('/api/ai/generate', { promt: 'Hi' }, later),
    await test.post('/api/ai/generate', { prompt: 'Hi' }, later),
  ];
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 422, 429]);
  for (const { headers } of answers) expect(headers.get('ratelimit-policy')).toBe('"submissions";q=3;w=60');
  expect(answers.map(({ headers }) => headers.get('ratelimit'))).toEqual(
    [2, 1, 0, 0].map((left) => `"submissions";r=${left};t=42`),
  );
  expect(answers[3]?.body).toMatchObject({ code: 'rate-limited', status: 429, retryable: true });
  expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual([null, null, null, '42']);
  expect(test.store.accepted).toHaveLength(2);
  expect(new Set(counter.keys)).toEqual(new Set(['default']));

  for (const path of ['/api/jobs', '/livez']) expect((await test.get(path)).headers.get('ratelimit')).toBeNull();
  expect((await test.post('/api/workflows/validate', { workflow })).status).toBe(200);
  expect(counter.keys).toHaveLength(4);
});

it('lets everything through while nobody can count', async () => {
  const lines: string[] = [];
  const broken = () => ({ consume: () => Promise.reject(new Error('down')) });
  const log = { warn: (_facts: object, sentence: string) => void lines.push(sentence) };
  await using test = await startApi({ requestLimit: createRequestLimit(broken, 1, log) });
  for (let count = 0; count < 3; count += 1) {
    const answer = await test.post('/api/ai/generate', { prompt: 'Hi' }, later);
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([202, null]);
  }
  expect(lines).toEqual(Array(3).fill('requests could not be counted and are let through'));
});

it('is not there unless it is configured', async () => {
  await using test = await startApi();
  const answer = await test.post('/api/ai/generate', { prompt: 'Hi' }, later);
  expect([answer.headers.get('ratelimit'), answer.headers.get('ratelimit-policy')]).toEqual([null, null]);
});
