import type { RunSnapshot } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { type ToldRun, tellNextRun } from '../openai/testing/tell-run.ts';
import { completed, generateStep, startApi, type TestApi } from '../testing/start-api.ts';

const chat = '/v1/chat/completions';
const chatBody = { model: 'auto', stream: true, messages: [{ role: 'user', content: 'Hi' }] };
const text = (piece: string) => ({ type: 'text' as const, text: piece });
const failed = {
  status: 'failed',
  error: { name: 'Provider.Overloaded', message: 'busy', retryable: true },
} as Partial<RunSnapshot>;

/** Sends a request and returns once its run is accepted. */
async function open(test: TestApi, path = chat, body: object = chatBody, headers: Record<string, string> = {}) {
  const leave = new AbortController();
  const run = tellNextRun(test);
  const response = fetch(`${test.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: leave.signal,
  });
  response.catch(() => {});
  return { run: await run, response: () => response, leave: () => leave.abort() };
}

/** The `data` of each event. */
async function dataOf(response: Response): Promise<string[]> {
  const whole = await response.text();
  return [...whole.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => data);
}

const textOf = (data: readonly string[]) =>
  data
    .flatMap((each) => (each === '[DONE]' ? [] : (JSON.parse(each).choices ?? [])))
    .map(({ delta }) => delta.content ?? '')
    .join('');
const cancelled = (test: TestApi) => test.store.calls.filter((call) => call === 'requestCancel').length;

async function begin(run: ToldRun): Promise<void> {
  await run.tell('run-started');
  await run.tell('step-started', { path: 'generate', action: 'generate' });
}

describe('a streamed chat completion', () => {
  it('begins with the first piece and ends with the end mark', async () => {
    await using test = await startApi();
    const { run, response } = await open(test);
    expect(test.store.accepted[0]).toMatchObject({ live: true });
    await begin(run);
    let isBegun = false;
    void response().then(() => {
      isBegun = true;
    });
    await run.tell('step-attempt-failed', {
      path: 'generate',
      attempt: 1,
      error: { name: 'Provider.Overloaded', message: 'm', retryable: true },
    });
    expect(isBegun).toBe(false);
    await run.tellPart(text('Hel'));
    const answer = await response();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('x-orchestrator-run-id')).toBe(run.runId);
    await run.tellPart(text('lo.'));
    await run.end(completed);
    const data = await dataOf(answer);
    expect(data.at(-1)).toBe('[DONE]');
    expect(textOf(data)).toBe('Hello.');
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      orchestrator: { run_id: run.runId, provider: 'sandbox', cost_usd: 0.0024 },
    });
    expect(cancelled(test)).toBe(0);
  });

  it('tells the answer of a model that can not stream in one piece', async () => {
    await using test = await startApi();
    const { run, response } = await open(test);
    await begin(run);
    await run.end(completed);
    expect(textOf(await dataOf(await response()))).toBe('Hello.');
  });

  it('does not tell what was taken back before the first piece', async () => {
    await using test = await startApi();
    const { run, response } = await open(test);
    await begin(run);
    await run.tellPart({ type: 'tool-call', index: 0, argumentsDelta: '{"never' });
    await run.tell('restart', { path: 'generate', reason: 'attempt-failed' });
    await run.tellPart({ type: 'tool-call', index: 0, id: 'x', name: 'f', argumentsDelta: '{}' });
    await run.end({
      ...completed,
      steps: [
        generateStep({
          output: '',
          attempts: [
            {
              attempt: 1,
              outcome: 'succeeded',
              latencyMs: 1,
              costNanoUsd: 0,
              costBasis: 'none',
              finishReason: 'tool-calls',
              toolCalls: [{ id: 'x', name: 'f', arguments: '{}' }],
            },
          ],
        }),
      ],
      output: '',
    });
    const data = await dataOf(await response());
    expect(data.join('')).not.toContain('never');
    expect(JSON.parse(data[1] ?? '')).toMatchObject({
      choices: [{ delta: { tool_calls: [{ index: 0, id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } }] } }],
    });
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] });
  });

  it('ends with an error when the answer begins anew, and cancels the run', async () => {
    await using test = await startApi();
    const { run, response } = await open(test);
    await begin(run);
    await run.tellPart(text('Hel'));
    await run.tell('restart', { path: 'generate', reason: 'worker-lost' });
    const data = await dataOf(await response());
    expect(textOf(data.slice(0, -1))).toBe('Hel');
    expect(JSON.parse(data.at(-1) ?? '')).toMatchObject({
      error: { type: 'server_error', code: 'answer_interrupted', param: null },
    });
    expect(cancelled(test)).toBe(1);
  });

  it('ends with an error when the run fails after the first piece', async () => {
    await using test = await startApi();
    const { run, response } = await open(test);
    await begin(run);
    await run.tellPart(text('Hel'));
    await run.end(failed);
    const data = await dataOf(await response());
    expect(JSON.parse(data.at(-1) ?? '')).toMatchObject({ error: { message: 'busy', code: 'provider_overloaded' } });
    expect(cancelled(test)).toBe(0);
  });

  it('is an error like any other before the first piece', async () => {
    await using test = await startApi();
    const { run, response } = await open(test);
    await begin(run);
    await run.end(failed);
    const answer = await response();
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toMatchObject({ error: { code: 'provider_overloaded' } });
  });

  it('is refused when the call waits for approval', async () => {
    await using test = await startApi();
    const { run, response } = await open(test);
    const approval = {
      id: '7b0c1c6e-8a38-5d5c-9a6f-2f1f4b8c0a11',
      estimatedCostNanoUsd: null,
      thresholdUSD: 1,
      expiresAtMs: 1_800_000_000_000,
    };
    test.store.patch(run.runId, { status: 'waiting_approval', steps: [generateStep({ status: 'waiting_approval', approval })] });
    await run.tell('approval-requested', {
      path: 'generate',
      approvalId: approval.id,
      estimatedCostNanoUsd: null,
      thresholdUSD: 1,
    });
    const answer = await response();
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: 'approval_required', approval: { estimatedCostUSD: null } } });
    expect(cancelled(test)).toBe(0);
  });

  it('cancels the run when its client goes away, before the first piece and after', async () => {
    await using test = await startApi();
    const early = await open(test);
    early.leave();
    await expect.poll(() => cancelled(test)).toBe(1);
    const late = await open(test);
    await begin(late.run);
    await late.run.tellPart(text('Hel'));
    expect((await late.response()).status).toBe(200);
    late.leave();
    await expect.poll(() => cancelled(test)).toBe(2);
  });

  it('ends with an error when the process stops', async () => {
    await using test = await startApi();
    const { run, response } = await open(test);
    await begin(run);
    await run.tellPart(text('Hel'));
    const answer = await response();
    await test.api.close();
    const data = await dataOf(answer);
    expect(JSON.parse(data.at(-1) ?? '')).toMatchObject({ error: { code: 'service_unavailable' } });
    expect(cancelled(test)).toBe(1);
  });

  it('with the same key follows the run that is under way, and what was approved meanwhile', async () => {
    await using test = await startApi();
    const headers = { 'idempotency-key': 'k' };
    const { run, response } = await open(test, chat, chatBody, headers);
    await run.tell('approval-requested', { path: 'generate', approvalId: 'a', estimatedCostNanoUsd: 1, thresholdUSD: 1 });
    await run.tell('approval-approved', { path: 'generate', approvalId: 'a' });
    await begin(run);
    await run.tellPart(text('Hel'));
    const again = fetch(`${test.url}${chat}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(chatBody),
    });
    const replayed = await again;
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    await run.end(completed);
    expect(textOf(await dataOf(replayed))).toBe('Hello.');
    expect(textOf(await dataOf(await response()))).toBe('Hello.');
  });
});

describe('a streamed response', () => {
  const path = '/v1/responses';
  const body = { model: 'auto', stream: true, input: 'Hi' };

  it('tells events by type, and the whole at the end', async () => {
    await using test = await startApi();
    const { run, response } = await open(test, path, body);
    await begin(run);
    await run.tellPart({ type: 'reasoning', text: 'Hm.' });
    await run.tellPart(text('Hello.'));
    await run.end(completed);
    const whole = await (await response()).text();
    const types = [...whole.matchAll(/^event: (.*)$/gm)].map(([, type]) => type);
    expect(types[0]).toBe('response.created');
    expect(types.at(-1)).toBe('response.completed');
    expect(types).toContain('response.reasoning_summary_text.delta');
    expect(whole).not.toContain('[DONE]');
  });

  it('fails when the answer broke off', async () => {
    await using test = await startApi();
    const { run, response } = await open(test, path, body);
    await begin(run);
    await run.tellPart(text('Hel'));
    await run.tell('restart', { path: 'generate', reason: 'attempt-failed' });
    const data = await dataOf(await response());
    expect(JSON.parse(data.at(-1) ?? '')).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'answer_interrupted' } },
    });
    expect(cancelled(test)).toBe(1);
  });

  it('may refer to what an earlier one said', async () => {
    await using test = await startApi();
    const { run, response } = await open(test, path, body);
    await begin(run);
    await run.end(completed);
    await (await response()).text();
    const input = [
      { role: 'user', content: 'Hi' },
      { type: 'item_reference', id: `msg_${run.runId.replaceAll('-', '')}_0` },
      { role: 'user', content: 'And then?' },
    ];
    test.finishRuns(completed);
    expect((await test.post(path, { model: 'auto', input })).status).toBe(200);
    expect(test.store.accepted.at(-1)?.input).toMatchObject({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello.' },
        { role: 'user', content: 'And then?' },
      ],
    });
  });
});
