import { describe, expect, it } from 'vitest';
import { tellNextRun } from '../openai/testing/tell-run.ts';
import { settle } from '../testing/manual-clock.ts';
import { fakeProvider, fakeRouter } from '../testing/providers.ts';
import { completed, generateStep, startApi, type TestApi } from '../testing/start-api.ts';

const path = '/v1/chat/completions';
const body = { model: 'acme/acme-model', messages: [{ role: 'user', content: 'Hi' }] };
const start = () => startApi({ router: fakeRouter([fakeProvider('acme', { capabilities: ['text'] })], ['acme']) });
const failed = (name: string, rest: object = {}) =>
  ({ status: 'failed', error: { name, message: `${name} happened`, retryable: false, ...rest } }) as never;
const approval = {
  id: '7b0c1c6e-8a38-5d5c-9a6f-2f1f4b8c0a11',
  estimatedCostNanoUsd: 2_500_000_000,
  thresholdUSD: 1,
  expiresAtMs: 1_800_000_000_000,
};
const waiting = { status: 'waiting_approval', steps: [generateStep({ status: 'waiting_approval', approval })] } as never;

/** Sends a request and returns once its run is accepted. */
async function submit(test: TestApi, fields: object = {}, headers: Record<string, string> = {}) {
  const leave = new AbortController();
  const run = tellNextRun(test);
  const answer = test.send('POST', path, { body: { ...body, ...fields }, headers, signal: leave.signal });
  answer.catch(() => {});
  return { run: await run, answer: () => answer, leave: () => leave.abort() };
}

const cancelled = (test: TestApi) => test.store.calls.filter((call) => call === 'requestCancel').length;

describe('a chat completion', () => {
  it('is answered like a run of generate, and says where it came from', async () => {
    await using test = await start();
    test.finishRuns({ ...completed, steps: [generateStep({ provider: 'acme', model: 'acme-model-2026' })] });
    const {
      status,
      body: answered,
      headers,
    } = await test.post(path, { ...body, user: 'u-1', temperature: 0, max_tokens: 9, top_k: 1 });
    const [run] = test.store.accepted;
    expect(run).toMatchObject({
      kind: 'generate',
      workflowName: 'generate',
      userId: 'u-1',
      priority: 'normal',
      timeoutMs: 300_000,
      input: { provider: 'acme', model: 'acme-model', messages: body.messages, temperature: 0, maxTokens: 9 },
    });
    expect(run?.live).toBeUndefined();
    expect(status).toBe(200);
    expect(answered).toMatchObject({
      id: `chatcmpl-${run?.id}`,
      object: 'chat.completion',
      model: body.model,
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.', refusal: null }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 50, total_tokens: 60 },
      orchestrator: { run_id: run?.id, provider: 'acme', model: 'acme-model-2026', cost_usd: 0.0024 },
    });
    expect(headers.get('x-orchestrator-run-id')).toBe(run?.id);
    expect(headers.get('x-orchestrator-provider')).toBe('acme');
    expect(headers.get('x-orchestrator-model')).toBe('acme-model-2026');
    expect(headers.get('x-orchestrator-cost-usd')).toBe('0.0024');
    expect(headers.get('x-orchestrator-ignored')).toBe('top_k');
  });

  it('waits as long as its run may take, whatever the wait of generate', async () => {
    await using test = await startApi({ syncWaitMs: 0 });
    const { run, answer } = await submit(test);
    await test.clock.advance(60_000);
    test.finish(run.runId, completed);
    expect((await answer()).status).toBe(200);
  });

  it('is given up when no worker takes it', async () => {
    await using test = await start();
    const { answer } = await submit(test, { orchestrator: { timeout_ms: 1_000 } });
    await test.clock.advance(15_000);
    expect(cancelled(test)).toBe(0);
    await test.clock.advance(1_000);
    expect(await answer()).toMatchObject({ status: 504, body: { error: { code: 'timeout' } } });
    expect(cancelled(test)).toBe(1);
  });

  it.each([
    ['Budget.Exceeded', 402, 'budget_exceeded'],
    ['Provider.RateLimited', 429, 'rate_limit_exceeded'],
    ['Provider.InvalidRequest', 400, 'provider_refused'],
    ['Provider.Unavailable', 502, 'provider_unavailable'],
  ])('fails with %s as %d', async (name, status, code) => {
    await using test = await start();
    test.finishRuns(failed(name));
    const answer = await test.post(path, body);
    expect(answer).toMatchObject({ status, body: { error: { message: `${name} happened`, code, param: null } } });
    expect(answer.headers.get('x-orchestrator-run-id')).toBe(test.store.accepted[0]?.id);
    expect(cancelled(test)).toBe(0);
  });

  it('that is too dear is refused with the approval to ask for, and its run waits', async () => {
    await using test = await start();
    test.finishRuns(waiting);
    const answer = await test.post(path, body);
    const runId = test.store.accepted[0]?.id;
    expect(answer.status).toBe(403);
    expect(answer.body.error).toMatchObject({
      type: 'permission_error',
      code: 'approval_required',
      approval: { id: approval.id, estimatedCostUSD: 2.5, links: { approve: `/api/approvals/${approval.id}/approve` } },
    });
    expect(answer.body.error.message).toContain(`POST /api/approvals/${approval.id}/approve`);
    expect(answer.headers.get('location')).toBe(`/api/jobs/${runId}`);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(cancelled(test)).toBe(0);
  });

  it('asks nobody for a name that nothing bears, or for what no provider can', async () => {
    await using test = await start();
    expect(await test.post(path, { ...body, model: 'acme-modell' })).toMatchObject({
      status: 404,
      body: { error: { code: 'model_not_found', param: 'model' } },
    });
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(await test.post(path, { ...body, tools })).toMatchObject({ status: 400, body: { error: { param: 'model' } } });
    const fallbacks = [{ provider: 'acmee' }];
    expect(await test.post(path, { ...body, orchestrator: { fallbacks } })).toMatchObject({
      status: 400,
      body: { error: { param: 'orchestrator.fallbacks[0].provider' } },
    });
    expect(await test.post(path, { ...body, orchestrator: { max_cost: 1 } })).toMatchObject({
      status: 400,
      body: { error: { param: 'orchestrator.max_cost', code: 'unknown_parameter' } },
    });
    expect(test.store.calls).toEqual([]);
  });

  it('is cancelled when its client goes away', async () => {
    await using test = await start();
    const { leave } = await submit(test);
    leave();
    await expect.poll(() => cancelled(test)).toBe(1);
    expect(test.queue.published.some(({ message }) => message.type === 'cancel-requested')).toBe(true);
  });

  it('goes on without its client when there is a key to come back with', async () => {
    await using test = await start();
    for (const stream of [false, true]) {
      const fields = { stream, seed: Number(stream) };
      const headers = { 'idempotency-key': `k-${stream}` };
      const { run, leave } = await submit(test, fields, headers);
      leave();
      await settle();
      await run.end(completed);
      const again = await fetch(`${test.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ ...body, ...fields }),
      });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(again.headers.get('x-orchestrator-run-id')).toBe(run.runId);
      expect(await again.text()).toContain('Hello.');
      const other = await test.post(path, { ...body, ...fields, seed: 9 }, headers);
      expect(other).toMatchObject({
        status: 400,
        body: { error: { type: 'idempotency_error', code: 'idempotency_key_reused' } },
      });
    }
    expect(cancelled(test)).toBe(0);
  });

  it('turns a repetition away while the first client waits, and says that trying again helps', async () => {
    await using test = await start();
    const headers = { 'idempotency-key': 'k' };
    const { run } = await submit(test, {}, headers);
    const early = await test.post(path, body, headers);
    expect(early).toMatchObject({
      status: 409,
      body: { error: { type: 'idempotency_error', code: 'idempotency_key_in_use' } },
    });
    expect(['x-should-retry', 'retry-after', 'x-orchestrator-run-id'].map((name) => early.headers.get(name))).toEqual([
      'true',
      '1',
      run.runId,
    ]);
    await run.end(completed);
    const again = await test.post(path, body, headers);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
  });

  it('is cancelled when the process stops, and the client may try again', async () => {
    await using test = await start();
    const { answer } = await submit(test);
    await test.api.close();
    const stopped = await answer();
    expect(stopped).toMatchObject({ status: 503, body: { error: { code: 'service_unavailable' } } });
    expect(stopped.headers.get('x-should-retry')).toBe('true');
    expect(cancelled(test)).toBe(1);
  });
});
