import type { OpenAiChatCompletion, OpenAiErrorBody } from '@orchestrator/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callInFlight, callsOf } from '../e2e/support/ledger.ts';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type CompatInstallation, startCompatInstallation } from './support/installation.ts';

failOnLeakedProcesses();

const model = 'openai/gpt-4o-mini';
const messages = (content: unknown) => [{ role: 'user', content }];

let installation: CompatInstallation;
beforeAll(async () => {
  installation = await startCompatInstallation();
});
afterAll(() => installation?.dispose());

const post = (body: object, init: RequestInit = {}, path = '/v1/chat/completions') =>
  fetch(`${installation.api.url}${path}`, {
    method: 'POST',
    body: JSON.stringify({ model, ...body }),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  });
const runOf = (response: Response) => installation.api.job(response.headers.get('x-orchestrator-run-id') ?? '');

it.each([
  ['waits for the whole answer', false, '/v1/chat/completions'],
  ['reads a stream', true, '/v1/chat/completions'],
  ['waits for a response', false, '/v1/responses'],
])('ends the call at the vendor when a client that %s goes away', async (name, stream, path) => {
  const marker = `hang-${name.replaceAll(' ', '-')}`;
  const leave = new AbortController();
  const text = `[[${marker}]] Hi`;
  const body = path === '/v1/responses' ? { input: text, stream } : { messages: messages(text), stream };
  const answer = post({ ...body, user: marker }, { signal: leave.signal }, path);
  answer.catch(() => {});
  await callInFlight(installation.upstream, marker);
  leave.abort();
  await expect.poll(() => callsOf(installation.upstream, marker)[0]?.isClientGone, { timeout: 10_000 }).toBe(true);
  const runs = async () =>
    (await installation.api.get(`/api/workflows/runs?userId=${marker}`)).body as { runs: { status: string }[] };
  await expect.poll(async () => (await runs()).runs[0]?.status, { timeout: 10_000 }).toBe('cancelled');
});

it('does not end the call of a client that can come back', async () => {
  const headers = { 'idempotency-key': 'come-back' };
  const body = { messages: messages('[[slow]] Hi') };
  const leave = new AbortController();
  const answer = post(body, { signal: leave.signal, headers });
  answer.catch(() => {});
  await callInFlight(installation.upstream, 'slow');
  leave.abort();
  const again = await post(body, { headers });
  expect(again.status).toBe(200);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(callsOf(installation.upstream, 'slow')).toHaveLength(1);
});

it('cancels the run of a stream that broke off after the first piece', async () => {
  const response = await post({ messages: messages('[[cut-stream]] Hi'), stream: true });
  const text = await response.text();
  expect(text).toMatch(/data: \{"error":\{.*"code":"answer_interrupted"\}\}\n\n$/);
  expect(text).not.toContain('[DONE]');
  const job = await installation.api.finished((await runOf(response)).jobId);
  expect(['cancelled', 'failed']).toContain(job.status);
});

it('makes no call that could cost more than the request allows', async () => {
  const response = await post({ messages: messages('[[budget]] Hi'), orchestrator: { max_cost_usd: 0 } });
  expect(response.status).toBe(402);
  expect(((await response.json()) as OpenAiErrorBody).error).toMatchObject({
    type: 'insufficient_quota',
    code: 'budget_exceeded',
  });
  expect(callsOf(installation.upstream, 'budget')).toHaveLength(0);
});

it('answers the same request with the same key once somebody approved it', async () => {
  const headers = { 'idempotency-key': 'approve-me' };
  const body = { model: 'openai/no-such-price', messages: messages('[[approve]] Hi') };
  const refused = await post(body, { headers });
  expect(refused.status).toBe(403);
  const { error } = (await refused.json()) as { error: { approval: { links: { approve: string } } } };
  expect(callsOf(installation.upstream, 'approve')).toHaveLength(0);
  expect((await installation.api.post(error.approval.links.approve, {})).status).toBe(200);
  const answered = await post(body, { headers });
  expect(answered.status).toBe(200);
  expect(((await answered.json()) as OpenAiChatCompletion).choices[0]?.message.content).toContain('Scripted answer');
  expect(callsOf(installation.upstream, 'approve')).toHaveLength(1);
});

it('carries an image of some megabytes to the vendor and back in the job', async () => {
  const image = Buffer.alloc(3 * 1024 * 1024, 7).toString('base64');
  const content = [
    { type: 'text', text: '[[image]] What is it?' },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
  ];
  const response = await post({ messages: messages(content) });
  expect(response.status).toBe(200);
  const [call] = callsOf(installation.upstream, 'image');
  expect(JSON.stringify(call?.request)).toContain(image.slice(-100));
  expect(JSON.stringify((await runOf(response)).input).length).toBeGreaterThan(image.length);
});

it('knows names of its own for models', async () => {
  const response = await post({ model: 'small', messages: messages('[[alias]] Hi') });
  expect(response.headers.get('x-orchestrator-model')).toBe('gpt-4o-mini');
  expect(((await response.json()) as OpenAiChatCompletion).model).toBe('small');
});
