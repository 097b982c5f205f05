import type { RunResponse } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

let installation: Installation;
beforeAll(async () => {
  const slow = { promptIncludes: '[[slow', latencyMs: 500 };
  installation = await startInstallation({ apis: 2, script: { rules: [slow] } });
});
afterAll(() => installation?.dispose());

const submission = (marker: string) => ({ workflow: workflow([ask('only', marker)]) });

describe('Idempotency-Key', () => {
  it('makes fifty requests at once to two APIs one run, and all of them get its result', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const api = installation.apis[index % 2] ?? installation.api;
        return api.post('/api/workflows/run', submission('slow-fifty'), { 'idempotency-key': 'fifty' });
      }),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(200));
    expect(new Set(answers.map((answer) => (answer.body as RunResponse).runId)).size).toBe(1);
    expect(new Set(answers.map((answer) => (answer.body as RunResponse).output)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(callsOf(installation.upstream, 'slow-fifty')).toHaveLength(1);
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
    const race = (marker: string) =>
      installation.api.post('/api/workflows/run', submission(marker), { 'idempotency-key': 'race' });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => race(index % 2 === 0 ? 'race-a' : 'race-b')));
    const accepted = answers.filter((answer) => answer.status === 200);
    expect(answers.filter((answer) => answer.status === 422)).toHaveLength(10);
    expect(accepted).toHaveLength(10);
    expect(new Set(accepted.map((answer) => (answer.body as RunResponse).runId)).size).toBe(1);
    expect([...callsOf(installation.upstream, 'race-a'), ...callsOf(installation.upstream, 'race-b')]).toHaveLength(1);
  });

  it('refuses keys that are no header text, and treats an empty one as none would be: an error', async () => {
    for (const key of ['', 'x'.repeat(256), 'caf\u00e9']) {
      const answer = await installation.api.post('/api/ai/generate', { prompt: 'x' }, { 'idempotency-key': key });
      expect(answer.status, JSON.stringify(key)).toBe(422);
      expect(answer.body).toMatchObject({ errors: [{ pointer: '', code: 'invalid-idempotency-key' }] });
    }
  });
});
