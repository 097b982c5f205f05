import { describe, expect, it } from 'vitest';
import { freePort } from '../../../../test/support/free-port.ts';
import { createClient } from '../create-client.ts';
import type { ClientOptions } from '../options.ts';
import { OrchestratorError } from '../orchestrator-error.ts';
import { generated, jobId } from '../testing/events.ts';
import { hangUp, json, problem, type Step, startScriptedServer } from '../testing/scripted-server.ts';

const ok = json(200, { jobId });
const never: Step = () => {};
const quick: Partial<ClientOptions> = { retryDelayMs: 1 };

async function failureOf(work: Promise<unknown>): Promise<OrchestratorError> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof OrchestratorError)) throw error;
  return error;
}

describe('a request', () => {
  it('carries key, headers and query, and a path behind the base URL', async () => {
    await using server = await startScriptedServer(ok);
    const client = createClient({
      baseUrl: `${server.url}/ai//`,
      apiKey: 'sk-1',
      headers: { 'X-Team': 'a', 'X-Trace': 'client' },
    });
    await client.runs.get('a b/c', { headers: { 'x-trace': 'call' } });
    expect(server.received[0]).toMatchObject({
      method: 'GET',
      url: '/ai/api/jobs/a%20b%2Fc',
      headers: { authorization: 'Bearer sk-1', 'x-team': 'a', 'x-trace': 'call' },
    });
    expect(server.received[0]?.headers).not.toHaveProperty('content-type');
    expect(server.received[0]?.headers).not.toHaveProperty('idempotency-key');
  });

  it('goes through the fetch that was given', async () => {
    const urls: string[] = [];
    const answered = (url: string) => {
      urls.push(url);
      return Promise.resolve(Response.json({ jobId }));
    };
    await createClient({ baseUrl: '', fetch: answered }).runs.get(jobId);
    expect(urls).toEqual([`/api/jobs/${jobId}`]);
  });
});

describe('retries', () => {
  it.each<[string, Step]>([
    ['a broken connection', hangUp],
    ['429', problem(429, 'rate-limited', { retryable: true })],
    ['503', problem(503, 'store-unavailable', { retryable: true })],
    ['502 that says so', problem(502, 'bad-gateway', { retryable: true })],
    ['504 of a proxy', (response) => void response.writeHead(504).end('<html>')],
    ['an idempotency key in use', problem(409, 'idempotency-key-in-use', { retryable: true })],
    [
      'an answer that breaks off',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"job', () => response.destroy());
      },
    ],
  ])('repeat a POST after %s, with the same key and body', async (_, fails) => {
    await using server = await startScriptedServer(fails, fails, json(202, { runId: jobId }));
    const client = createClient({ baseUrl: server.url, ...quick });
    const request = { workflow: { name: 'w' } };
    expect(await client.runs.create(request)).toEqual({ runId: jobId });
    expect(server.received.map(({ body }) => body)).toEqual([request, request, request]);
    const keys = new Set(server.received.map(({ headers }) => headers['idempotency-key']));
    expect(keys.size).toBe(1);
    expect([...keys][0]).toMatch(/^[0-9a-f]{32}$/);
    await client.runs.create(request);
    expect(keys).not.toContain(server.received.at(-1)?.headers['idempotency-key']);
  });

  it.each<[string, Step]>([
    ['422', problem(422, 'validation-failed')],
    ['503 that waiting does not mend', problem(503, 'no-provider')],
    ['a failed run, which the same request would get again', problem(502, 'run-failed', { retryable: true })],
    ['500', problem(500, 'internal')],
    ['404 of another server', (response) => void response.writeHead(404).end('nothing here')],
    ['something else than JSON', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
  ])('stop at %s', async (_, fails) => {
    await using server = await startScriptedServer(fails, ok);
    await failureOf(createClient({ baseUrl: server.url, ...quick }).runs.get(jobId));
    expect(server.received).toHaveLength(1);
  });

  it('wait as long as Retry-After says', async () => {
    await using server = await startScriptedServer(
      problem(503, 'shutting-down', { retryable: true }, { 'retry-after': '1' }),
      ok,
    );
    const startedAtMs = performance.now();
    await createClient({ baseUrl: server.url, ...quick }).runs.get(jobId);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(999);
  });

  it('are not begun when the call would be over before', async () => {
    const later = new Date(Date.now() + 60_000).toUTCString();
    await using server = await startScriptedServer(
      problem(429, 'rate-limited', { retryable: true }, { 'retry-after': later }),
      ok,
    );
    const error = await failureOf(createClient({ baseUrl: server.url, timeoutMs: 5_000 }).runs.get(jobId));
    expect(error).toMatchObject({ status: 429, code: 'rate-limited', retryable: true });
    expect(error.retryAfterMs).toBeGreaterThan(50_000);
    expect(server.received).toHaveLength(1);
  });

  it('end after maxRetries with the last error', async () => {
    await using server = await startScriptedServer(problem(503, 'store-unavailable', { retryable: true }));
    const error = await failureOf(createClient({ baseUrl: server.url, maxRetries: 2, ...quick }).runs.get(jobId));
    expect(error).toMatchObject({ status: 503, code: 'store-unavailable' });
    expect(server.received).toHaveLength(3);
  });
});

describe('an error', () => {
  it('tells what the problem tells', async () => {
    const errors = [
      { pointer: '/maxTokens', code: 'wrong-type', message: 'expected number' },
      { pointer: '', code: 'invalid', message: 'odd' },
    ];
    await using server = await startScriptedServer(problem(422, 'validation-failed', { errors }));
    const error = await failureOf(createClient({ baseUrl: server.url }).generate({ prompt: 'Hello' }));
    expect(error).toMatchObject({ name: 'OrchestratorError', status: 422, code: 'validation-failed', requestId: 'r-1', errors });
    expect(error.message).toBe('It is validation-failed. · /maxTokens: expected number · request: odd');
    expect(error.problem).toMatchObject({ status: 422, detail: 'It is validation-failed.' });
  });

  it('tells of a failed run which one it is and why it failed', async () => {
    const runError = { name: 'Provider.Timeout', message: 'too slow', retryable: true };
    await using server = await startScriptedServer(problem(504, 'run-failed', { retryable: true, jobId, error: runError }));
    const error = await failureOf(createClient({ baseUrl: server.url }).generate({ prompt: 'Hello' }));
    expect(error).toMatchObject({ status: 504, code: 'run-failed', retryable: true, jobId, runError });
  });

  it('names what is wrong with the connection or the address', async () => {
    const port = await freePort();
    const refused = await failureOf(createClient({ baseUrl: `http://127.0.0.1:${port}`, maxRetries: 0 }).runs.get(jobId));
    expect(refused).toMatchObject({ status: undefined, code: 'network-error', retryable: true });
    expect(refused.message).toContain('ECONNREFUSED');
    await using server = await startScriptedServer(
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<'),
    );
    const wrong = await failureOf(createClient({ baseUrl: server.url }).runs.get(jobId));
    expect(wrong).toMatchObject({ status: 200, code: 'invalid-response', retryable: false });
    expect(wrong.message).toContain('is baseUrl right?');
  });
});

describe('the end of a call', () => {
  it('comes at its time limit', async () => {
    await using server = await startScriptedServer(never);
    const error = await failureOf(createClient({ baseUrl: server.url }).runs.get(jobId, { timeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'timeout', retryable: true, status: undefined });
  });

  it('comes when the caller aborts, with the reason given', async () => {
    await using server = await startScriptedServer(never);
    const controller = new AbortController();
    const call = createClient({ baseUrl: server.url }).generate({ prompt: 'Hello' }, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await expect(createClient({ baseUrl: server.url }).runs.get(jobId, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('comes when the caller aborts in a pause before a retry', async () => {
    const controller = new AbortController();
    await using server = await startScriptedServer((response, request) => {
      void problem(503, 'shutting-down', { retryable: true }, { 'retry-after': '30' })(response, request);
      response.on('close', () => controller.abort(new Error('enough')));
    });
    await expect(createClient({ baseUrl: server.url }).runs.get(jobId, { signal: controller.signal })).rejects.toThrow('enough');
  });
});

describe('a call that waits for a run', () => {
  const submitted: Step = json(202, { jobId, status: 'running' }, { location: `/api/jobs/${jobId}` });
  const events: Step = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(
      `id: 1-9\nevent: run-completed\ndata: ${JSON.stringify({ type: 'run-completed', jobId, epoch: 1, seq: 9 })}\n\n`,
    );
  };

  it('follows the run when the server waits no longer, and asks again with the same key', async () => {
    await using server = await startScriptedServer(submitted, events, json(200, generated));
    expect(await createClient({ baseUrl: server.url }).generate({ prompt: 'Hello' })).toEqual(generated);
    const [first, second, third] = server.received;
    expect(first).toMatchObject({ method: 'POST', url: '/api/ai/generate', headers: { prefer: 'wait=30' } });
    expect(second).toMatchObject({ method: 'GET', url: `/api/jobs/${jobId}/events?types=run-completed` });
    expect(third?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(third?.body).toEqual(first?.body);
  });

  it('follows a run that another request with its key is waiting for', async () => {
    const inUse = problem(409, 'idempotency-key-in-use', { retryable: true, jobId }, { 'retry-after': '1' });
    await using server = await startScriptedServer(inUse, events, json(200, generated));
    expect(await createClient({ baseUrl: server.url }).generate({ prompt: 'Hello' })).toEqual(generated);
    expect(server.received.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST']);
  });

  it('leaves the server time to answer, and keeps the id of the run when the time is over', async () => {
    await using server = await startScriptedServer(submitted, never);
    const client = createClient({ baseUrl: server.url });
    const error = await failureOf(client.runs.createAndWait({ workflow: {} }, { timeoutMs: 200, idempotencyKey: 'order-17' }));
    expect(error).toMatchObject({ code: 'timeout', jobId });
    expect(server.received[0]?.headers).toMatchObject({ prefer: 'respond-async', 'idempotency-key': 'order-17' });
    await using patient = await startScriptedServer(json(200, generated));
    await createClient({ baseUrl: patient.url }).generate({ prompt: 'Hello' }, { timeoutMs: 20_500 });
    expect(patient.received[0]?.headers.prefer).toBe('wait=19');
  });

  it('waits for a run of before', async () => {
    await using server = await startScriptedServer(hangUp, events, json(200, { jobId, status: 'completed' }));
    expect(await createClient({ baseUrl: server.url, ...quick }).runs.wait(jobId)).toEqual({ jobId, status: 'completed' });
    expect(server.received.at(-1)?.url).toBe(`/api/jobs/${jobId}`);
  });
});
