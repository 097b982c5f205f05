import type { Problem, RunResponse } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import type { Answer, Client } from './support/client.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callInFlight, callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

let installation: Installation;
beforeAll(async () => {
  const slow = { promptIncludes: '[[slow', latencyMs: 500 };
  // Longer than a key is in use without being renewed.
  const longest = { promptIncludes: '[[longest', latencyMs: 8_000 };
  const long = { promptIncludes: '[[long', latencyMs: 3_000 };
  installation = await startInstallation({ apis: 2, script: { rules: [slow, longest, long] } });
});
afterAll(() => installation?.dispose());

const submission = (marker: string) => ({ workflow: workflow([ask('only', marker)]) });

/** The other API: what one of them knows the other must know too. */
function otherApi(): Client {
  const [, other] = installation.apis;
  if (other === undefined) throw new Error('there are two APIs');
  return other;
}

function expectInUse(answer: Answer, jobId: string): void {
  expect(answer.body).toMatchObject({ code: 'idempotency-key-in-use', status: 409, retryable: true, jobId });
  expect(answer.status).toBe(409);
  expect(answer.headers.get('location')).toBe(`/api/jobs/${jobId}`);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
}

describe('Idempotency-Key', () => {
  it('makes fifty requests at once to two APIs one run, answers one of them and lets the others come again', async () => {
    const headers = { 'idempotency-key': 'fifty' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const api = index % 2 === 0 ? installation.api : otherApi();
        return api.post('/api/workflows/run', submission('slow-fifty'), headers);
      }),
    );
    const first = answers.filter(({ status, headers: sent }) => status === 200 && sent.get('idempotency-replayed') === null);
    expect(first).toHaveLength(1);
    const runId = (first[0]?.body as RunResponse | undefined)?.runId ?? '';
    for (const answer of answers.filter(({ status }) => status !== 200)) expectInUse(answer, runId);
    const again = await Promise.all(
      installation.apis.map((api) => api.post('/api/workflows/run', submission('slow-fifty'), headers)),
    );
    for (const answer of again) {
      expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
      expect(answer.body).toEqual(first[0]?.body);
    }
    expect(callsOf(installation.upstream, 'slow-fifty')).toHaveLength(1);
  });

  it('is in use for as long as the first caller waits', async () => {
    const headers = { 'idempotency-key': 'longest' };
    let isAnswered = false;
    const first = installation.api.post('/api/workflows/run', submission('longest'), headers).finally(() => {
      isAnswered = true;
    });
    await callInFlight(installation.upstream, 'longest');
    const repetitions: Answer[] = [];
    while (!isAnswered) repetitions.push(await otherApi().post('/api/workflows/run', submission('longest'), headers));
    const answer = await first;
    expect(answer.status).toBe(200);
    const { runId } = answer.body as RunResponse;
    const early = repetitions.filter(({ status }) => status !== 200);
    expect(early.length).toBeGreaterThan(10);
    for (const each of early) expectInUse(each, runId);
    const late = await otherApi().post('/api/workflows/run', submission('longest'), headers);
    expect(late.body).toEqual(answer.body);
    expect(callsOf(installation.upstream, 'longest')).toHaveLength(1);
  });

  it('gives the job to whoever repeats once the first caller got its 202', async () => {
    for (const [index, prefer] of ['wait=1', 'respond-async'].entries()) {
      const marker = `long-2${index}`;
      const headers = { 'idempotency-key': marker };
      const first = await installation.api.post('/api/workflows/run', submission(marker), { ...headers, prefer });
      const again = await otherApi().post('/api/workflows/run', submission(marker), { ...headers, prefer: 'respond-async' });
      expect([first.status, again.status]).toEqual([202, 202]);
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
      const waiting = await otherApi().post('/api/workflows/run', submission(marker), headers);
      expect(waiting).toMatchObject({ status: 200, body: { status: 'completed' } });
      expect(callsOf(installation.upstream, marker)).toHaveLength(1);
    }
  });

  it('gives the job to whoever repeats once the first caller has left', async () => {
    const headers = { 'idempotency-key': 'long-3' };
    const client = new AbortController();
    const first = fetch(`${installation.api.url}/api/workflows/run`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(submission('long-3')),
      signal: client.signal,
    });
    await callInFlight(installation.upstream, 'long-3');
    client.abort();
    await expect(first).rejects.toThrow();
    const again = () => otherApi().post('/api/workflows/run', submission('long-3'), { ...headers, prefer: 'respond-async' });
    await expect.poll(async () => (await again()).status, { timeout: 5_000, interval: 20 }).toBe(202);
    expect(callsOf(installation.upstream, 'long-3')).toHaveLength(1);
  });

  it('gives the same run later on, however the same body is written', async () => {
    const headers = { 'idempotency-key': 'later one' };
    const first = await installation.api.post(
      '/api/ai/generate',
      { prompt: '[[later]]', provider: 'openai', maxTokens: 9 },
      headers,
    );
    const reordered = '{ "maxTokens": 9.0, "provider": "\\u006fpenai", "prompt": "[[later]]" }';
    const second = await installation.api.post('/api/ai/generate', reordered, headers);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    const pending = await installation.api.post(
      '/api/ai/generate',
      { prompt: '[[later]]', provider: 'openai', maxTokens: 9 },
      { ...headers, prefer: 'respond-async' },
    );
    expect(pending.status).toBe(200); // finished already, so there is nothing to wait for
    expect(callsOf(installation.upstream, 'later')).toHaveLength(1);
  });

  it('refuses the key with another body or path', async () => {
    const headers = { 'idempotency-key': 'mine' };
    const first = await installation.api.post('/api/workflows/run', submission('own'), headers);
    expect(first.status).toBe(200);
    const otherBody = await installation.api.post('/api/workflows/run', { ...submission('own'), input: {} }, headers);
    const otherPath = await installation.api.post('/api/ai/generate', { prompt: 'x' }, headers);
    for (const answer of [otherBody, otherPath]) {
      expect(answer.status).toBe(422);
      expect(answer.body).toMatchObject({ code: 'idempotency-key-reused', retryable: false });
    }
    expect(callsOf(installation.upstream, 'own')).toHaveLength(1);
  });

  it('accepts exactly one of two bodies that race for a key', async () => {
    const headers = { 'idempotency-key': 'race', prefer: 'respond-async' };
    const race = (marker: string) => installation.api.post('/api/workflows/run', submission(marker), headers);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => race(index % 2 === 0 ? 'race-a' : 'race-b')));
    const accepted = answers.filter((answer) => answer.status === 200 || answer.status === 202);
    expect(answers.filter((answer) => answer.status === 422)).toHaveLength(10);
    expect(accepted).toHaveLength(10);
    const [runId, ...others] = new Set(accepted.map((answer) => (answer.body as RunResponse).runId));
    expect(others).toEqual([]);
    await installation.api.finished(runId ?? '');
    expect([...callsOf(installation.upstream, 'race-a'), ...callsOf(installation.upstream, 'race-b')]).toHaveLength(1);
  });

  it('refuses keys that are no header text, and treats an empty one as none would be: an error', async () => {
    for (const key of ['', 'x'.repeat(256), 'caf\u00e9']) {
      const answer = await installation.api.post('/api/ai/generate', { prompt: 'x' }, { 'idempotency-key': key });
      expect(answer.status, JSON.stringify(key)).toBe(422);
      expect(answer.body).toMatchObject({ errors: [{ pointer: '', code: 'invalid-idempotency-key' }] });
    }
  });

  it('is kept by requests that start no run, too', async () => {
    const headers = { 'idempotency-key': 'saved' };
    const definition = workflow([{ id: 'x', action: 'noop' }], { name: 'keyed' });
    const create = (api: Client, body: object) => api.post('/api/workflows/create', body, headers);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => create(index % 2 === 0 ? installation.api : otherApi(), { definition })),
    );
    const first = answers.filter(({ status, headers: sent }) => status === 201 && sent.get('idempotency-replayed') === null);
    expect(first).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer.body).toMatchObject({ code: 'idempotency-key-in-use', status: 409 });
    }
    const again = await create(otherApi(), { definition });
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(again.body).toEqual(first[0]?.body);

    for (const refused of [
      await create(installation.api, { definition, status: 'draft' }),
      await otherApi().post('/api/workflows/run', submission('never'), headers),
    ]) {
      expect(refused.body).toMatchObject({ code: 'idempotency-key-reused', status: 422 });
    }
    expect(await create(installation.api, { definition: {} })).toMatchObject({ status: 422 });
    expect(callsOf(installation.upstream, 'never')).toHaveLength(0);
  });
});

it('is free again some seconds after its API died', async () => {
  const mortal = await startInstallation({ apis: 2, script: { rules: [{ promptIncludes: '[[long', latencyMs: 20_000 }] } });
  try {
    const [first, second] = mortal.apis;
    if (first === undefined || second === undefined) throw new Error('there are two APIs');
    const headers = { 'idempotency-key': 'orphan' };
    const lost = first.post('/api/workflows/run', submission('long-4'), headers).then(
      () => 'answered',
      () => 'lost',
    );
    await callInFlight(mortal.upstream, 'long-4');
    await mortal.apiProcesses[0]?.kill('SIGKILL');
    expect(await lost).toBe('lost');
    const again = async () => {
      const answer = await second.post('/api/workflows/run', submission('long-4'), { ...headers, prefer: 'respond-async' });
      return [answer.status, (answer.body as RunResponse | Problem).status];
    };
    expect(await again()).toEqual([409, 409]);
    await expect.poll(again, { timeout: 10_000 }).toEqual([202, 'running']);
    expect(callsOf(mortal.upstream, 'long-4')).toHaveLength(1);
  } finally {
    await mortal.dispose();
  }
});
