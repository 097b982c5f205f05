import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StreamPart } from '../../contract.ts';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { eventStream, json, type ScriptedServer, startScriptedServer } from '../../testing/scripted-server.ts';
import { gemini } from './index.ts';

let vendor: ScriptedServer;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);
beforeAll(async () => {
  vendor = await startScriptedServer();
});
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', onUnhandled);
});
afterEach(async () => {
  // Rejections are reported after the microtasks of their turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});
afterAll(() => vendor.close());

const connect = (baseUrl = vendor.url) => gemini.createAdapter({ apiKey: testKey, baseUrl });
const request = { prompt: 'p', maxTokens: 50 };
const generate = () => connect().generate(request, callOptions());
const stream = (parts?: StreamPart[]) => readStream(connect().stream(request, callOptions()), parts);
const text = (words: string, finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts: [{ text: words }] }, ...(finishReason ? { finishReason } : {}) }],
});
const refusal = (code: number, message: string, details: readonly object[] = [], status = 'X') => ({
  error: { code, message, status, details },
});
const quotaFailure = (quotaId: string) => ({ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId }] });
const retryInfo = (retryDelay: string) => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay });
const overQuota = 'You exceeded your current quota, please check your plan and billing details.';

describe('gemini refusals', () => {
  it.each([
    ['a bad key, answered with 400', 400, 'API key not valid.', [{ reason: 'API_KEY_INVALID' }], 'Provider.Auth'],
    ['a key of which only the words tell', 400, 'API key expired. Please renew.', [], 'Provider.Auth'],
    ['a country it does not serve', 400, 'User location is not supported for the API use.', [], 'Provider.Auth'],
    ['any other 400', 400, 'Invalid value at contents', [], 'Provider.InvalidRequest'],
    ['a full minute', 429, overQuota, [quotaFailure('GenerateRequestsPerMinutePerProject')], 'Provider.RateLimited'],
    ['a delay without a quota', 429, overQuota, [retryInfo('1s')], 'Provider.RateLimited'],
    [
      'a spent day',
      429,
      overQuota,
      [quotaFailure('GenerateRequestsPerDayPerProject'), retryInfo('9s')],
      'Provider.QuotaExceeded',
    ],
    ['no more than words', 429, 'Resource has been exhausted.', [], 'Provider.RateLimited'],
    ['too long a prompt', 400, 'The input token count exceeds the maximum: too many tokens', [], 'Provider.ContextLength'],
    ['an overload', 503, 'The model is overloaded.', [], 'Provider.Overloaded'],
  ] as const)('%s', async (_, status, message, details, name) => {
    vendor.answerWith(json(refusal(status, message, details), status));
    for (const call of [generate, stream]) {
      const { error, costNanoUsd, costBasis } = await failureOf(call());
      expect(error).toMatchObject({ name, status, provider: 'gemini' });
      expect(error.message).toBe(
        `Google Gemini: [${status} ${
          new Map([
            [400, 'Bad Request'],
            [429, 'Too Many Requests'],
          ]).get(status) ?? 'Service Unavailable'
        }] ${message}`,
      );
      expect([costNanoUsd, costBasis]).toEqual([0, 'none']);
    }
  });

  it.each([
    [{}, [retryInfo('7s')], 7000],
    [{}, [{ reason: 'x' }, retryInfo('0.25s')], 250],
    [{ 'retry-after': '3' }, [retryInfo('7s')], 3000],
    [{ 'retry-after-ms': '1250' }, [], 1250],
    [{}, [retryInfo('soon')], undefined],
    [{}, [], undefined],
  ])('with headers %j and details %j comes back when told', async (headers, details, retryAfterMs) => {
    vendor.answerWith(json(refusal(429, 'slow down', details), 429, headers));
    expect((await failureOf(generate())).error.retryAfterMs).toBe(retryAfterMs);
  });

  it('keeps the headers of calls that run at the same time apart', async () => {
    vendor.answerWith((response, { headers }) => {
      const seconds = String(headers['idempotency-key']);
      json(refusal(429, 'slow down'), 429, { 'retry-after': seconds })(response);
    });
    const adapter = connect();
    const waits = Array.from({ length: 20 }, (_, index) => index + 1);
    const errors = await Promise.all(
      waits.map((seconds) => failureOf(adapter.generate(request, callOptions({ idempotencyKey: `${seconds}` })))),
    );
    expect(errors.map(({ error }) => error.retryAfterMs)).toEqual(waits.map((seconds) => seconds * 1000));
  });

  it.each(['<html>Bad gateway</html>', '{', '{}', 'null', '{"error":"words"}'])('copes with the error body %j', async (body) => {
    vendor.answerWith((response) => response.writeHead(502).end(body));
    expect((await failureOf(generate())).error).toMatchObject({ name: 'Provider.Unavailable', status: 502 });
  });

  it.each(['generate', 'stream'] as const)(
    '%s: an error inside a 200 answer is an error, and may have been billed',
    async (how) => {
      const body = refusal(429, 'slow down', [retryInfo('2s')], 'RESOURCE_EXHAUSTED');
      vendor.answerWith(how === 'generate' ? json(body) : eventStream([text('half'), body]));
      const parts: StreamPart[] = [];
      const { error, costBasis } = await failureOf(how === 'generate' ? generate() : stream(parts));
      expect(error).toMatchObject({ name: 'Provider.RateLimited', retryAfterMs: 2000, retryable: true });
      expect(costBasis).toBe('reserved');
      expect(parts.some((part) => part.type === 'finish')).toBe(false);
    },
  );
});

describe('gemini connections', () => {
  it.each([301, 302, 303, 307, 308])('sends its key nowhere else on status %s', async (status) => {
    const elsewhere = await startScriptedServer();
    try {
      elsewhere.answerWith(json(text('stolen', 'STOP')));
      vendor.answerWith((response) => response.writeHead(status, { location: `${elsewhere.url}/x` }).end());
      for (const call of [generate, stream]) {
        const { error, costBasis } = await failureOf(call());
        expect(error).toMatchObject({ name: 'Provider.InvalidRequest', status, retryable: false });
        expect(error.message).toContain('redirect');
        expect(costBasis).toBe('none');
      }
      expect(await connect().healthCheck()).toMatchObject({ status: 'unhealthy' });
      expect(elsewhere.requests).toEqual([]);
      expect(vendor.requests).toHaveLength(3);
    } finally {
      await elsewhere.close();
    }
  });

  it('a refused connection costs nothing', async () => {
    const closed = await startScriptedServer();
    await closed.close();
    for (const call of [
      connect(closed.url).generate(request, callOptions()),
      readStream(connect(closed.url).stream(request, callOptions())),
    ]) {
      const { error, costBasis } = await failureOf(call);
      expect(error).toMatchObject({ name: 'Provider.Unavailable', retryable: true });
      expect(error.message).toContain('ECONNREFUSED');
      expect(costBasis).toBe('none');
    }
  });

  it.each([
    ['malformed JSON', (response: ServerResponse) => response.end('{"candidates": [')],
    ['an HTML page', (response: ServerResponse) => response.end('<html></html>')],
    ['null', (response: ServerResponse) => response.end('null')],
    ['a text', (response: ServerResponse) => response.end('"hi"')],
    ['a list', (response: ServerResponse) => response.end('[]')],
    ['no candidates', (response: ServerResponse) => response.end('{"candidates": []}')],
    ['a connection without an answer', (response: ServerResponse) => response.destroy()],
  ])('generate: %s is no answer', async (_, answer) => {
    vendor.answerWith(answer);
    expect(await failureOf(generate())).toMatchObject({
      error: { name: 'Provider.Unavailable', retryable: true },
      costBasis: 'reserved',
    });
  });

  it.each([
    ['malformed JSON', 'data: {"candidates": [secret words\n\n', 'Provider.Unavailable'],
    ['no event', 'secret words', 'Provider.Unavailable'],
    ['null', 'data: null\n\n', 'Provider.Unavailable'],
    ['nothing', '', 'Provider.Truncated'],
    ['no finish reason', `data: ${JSON.stringify(text('half'))}\n\n`, 'Provider.Truncated'],
  ])('stream: %s is no answer, and is not quoted', async (_, body, name) => {
    vendor.answerWith((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body));
    const { error, costBasis } = await failureOf(stream());
    expect(error).toMatchObject({ name, retryable: true });
    expect(error.message).not.toContain('secret');
    expect(costBasis).toBe('reserved');
  });

  it('a stream that is cut is an error', async () => {
    vendor.answerWith(eventStream([text('half')], 'cut'));
    const parts: StreamPart[] = [];
    expect((await failureOf(stream(parts))).error).toMatchObject({ name: 'Provider.Truncated', retryable: true });
    expect(parts).toEqual([{ type: 'text', text: 'half' }]);
  });

  it.each(['before the headers', 'in the stream'])('an abort %s closes the socket at once', async (where) => {
    let closedAt: number | undefined;
    const arrived = new Promise<void>((resolve) => {
      vendor.answerWith((response) => {
        response.on('close', () => {
          closedAt = performance.now();
        });
        if (where === 'in the stream') eventStream([text('half')], 'hang')(response);
        resolve();
      });
    });
    const controller = new AbortController();
    const parts: StreamPart[] = [];
    const call = failureOf(readStream(connect().stream(request, callOptions({ signal: controller.signal })), parts));
    await arrived;
    if (where === 'in the stream') await vi.waitFor(() => expect(parts).toHaveLength(1), { interval: 5 });
    const abortedAt = performance.now();
    controller.abort();
    expect((await call).error.name).toBe('Run.Cancelled');
    await vi.waitFor(() => expect(closedAt).toBeDefined(), { interval: 5 });
    expect((closedAt ?? Number.POSITIVE_INFINITY) - abortedAt).toBeLessThan(100);
  });

  it('a timeout is told from an abort', async () => {
    vendor.answerWith(eventStream([text('half')], 'hang'));
    const call = readStream(connect().stream(request, callOptions({ timeoutMs: 100 })));
    expect((await failureOf(call)).error.name).toBe('Provider.Timeout');
  });

  it('reuses its connections', async () => {
    vendor.answerWith((response, { path }) => {
      const body = text('hi', 'STOP');
      (path.includes('stream') ? eventStream([body]) : json(body))(response);
    });
    await generate();
    const before = vendor.connections();
    for (let call = 0; call < 10; call++) await (call % 2 === 0 ? generate() : stream());
    expect(vendor.connections() - before).toBeLessThanOrEqual(1);
  });
});

describe('gemini health', () => {
  it('asks for the list of models', async () => {
    vendor.answerWith(json({ models: [] }));
    expect(await connect().healthCheck()).toMatchObject({ status: 'healthy' });
    expect(vendor.requests[0]).toMatchObject({
      method: 'GET',
      path: '/v1beta/models?pageSize=1',
      headers: { 'x-goog-api-key': testKey },
    });
  });

  it.each([
    [json(refusal(400, 'API key not valid.'), 400), 'API key not valid.'],
    [(response: ServerResponse) => response.writeHead(500).end('<html>'), '500'],
  ])('says why it is unhealthy', async (answer, reason) => {
    vendor.answerWith(answer);
    const health = await connect().healthCheck();
    expect(health).toMatchObject({ status: 'unhealthy', reason: expect.stringContaining(reason) });
    expect(JSON.stringify(health)).not.toContain(testKey);
  });
});
