import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StreamPart } from '../contract.ts';
import { cohere } from '../providers/cohere/index.ts';
import { callOptions, failureOf, readStream, testKey } from '../testing/calls.ts';

/** Answers as the test says, and counts its connections. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let connections = 0;
const server = createServer((request, response) => {
  request.resume();
  answer(request, response);
});
server.on('connection', () => {
  connections += 1;
});
let origin = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  connections = 0;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const connect = (path = '/v2') => cohere.createAdapter({ apiKey: testKey, baseUrl: `${origin}${path}` });
const request = { prompt: 'hello', maxTokens: 50 };
const usage = { billed_units: { input_tokens: 3, output_tokens: 2 } };
const data = (event: object) => `data: ${JSON.stringify(event)}\n\n`;
const piece = data({ type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hi' } } } });
const end = data({ type: 'message-end', delta: { finish_reason: 'COMPLETE', usage } });
const json = JSON.stringify({ message: { content: [{ type: 'text', text: 'Hi' }] }, finish_reason: 'COMPLETE', usage });

function startEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

describe('endpointProtocol', () => {
  it('reuses its connection for answers and streams', async () => {
    answer = (_, response) => {
      startEvents(response);
      response.write(piece);
      response.end(end);
    };
    const adapter = connect();
    for (let call = 0; call < 8; call++) expect((await readStream(adapter.stream(request, callOptions()))).text).toBe('Hi');
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(json);
    };
    for (let call = 0; call < 8; call++) expect((await adapter.generate(request, callOptions())).content).toBe('Hi');
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('takes a stream for complete that is cut after its last event', async () => {
    answer = (_, response) => {
      startEvents(response);
      response.write(piece);
      response.write(end, () => response.destroy());
    };
    const { finish } = await readStream(connect().stream(request, callOptions()));
    expect(finish?.result).toMatchObject({ content: 'Hi', usage: { inputTokens: 3, outputTokens: 2 }, costBasis: 'catalogue' });
  });

  it('closes the socket when aborted in the middle, and ends with an error', async () => {
    let socket: Socket | undefined;
    answer = (incoming, response) => {
      socket = incoming.socket;
      startEvents(response);
      response.write(piece);
    };
    const controller = new AbortController();
    const parts: StreamPart[] = [];
    const call = failureOf(readStream(connect().stream(request, callOptions({ signal: controller.signal })), parts));
    await vi.waitFor(() => expect(parts).toHaveLength(1), { interval: 5 });
    expect(socket?.destroyed).toBe(false);
    controller.abort();
    expect((await call).error.name).toBe('Run.Cancelled');
    await vi.waitFor(() => expect(socket?.destroyed).toBe(true), { interval: 5 });
  });

  it.each(['generate', 'stream'] as const)('ends a hanging %s with our timeout', async (method) => {
    answer = () => {};
    const options = callOptions({ timeoutMs: 100 });
    const call = method === 'generate' ? connect().generate(request, options) : readStream(connect().stream(request, options));
    const { error, costBasis } = await failureOf(call);
    expect([error.name, costBasis]).toEqual(['Provider.Timeout', 'reserved']);
  });

  it.each([
    ['malformed JSON', 'application/json', '{"message":', 'Provider.Unavailable'],
    ['nothing', 'application/json', '', 'Provider.Unavailable'],
    ['a page', 'text/html', '<html></html>', 'Provider.Unavailable'],
  ])('takes %s for no answer', async (_, contentType, body, name) => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': contentType });
      response.end(body);
    };
    const { error } = await failureOf(connect().generate(request, callOptions()));
    expect(error).toMatchObject({ name, retryable: true });
    expect((await failureOf(readStream(connect().stream(request, callOptions())))).error.retryable).toBe(true);
  });

  it('does not follow a redirect, which would take the key along', async () => {
    let calls = 0;
    answer = (_, response) => {
      calls += 1;
      response.writeHead(307, { location: `${origin}/elsewhere` });
      response.end();
    };
    const { error } = await failureOf(connect().generate(request, callOptions()));
    expect(error.message).toContain('redirect');
    expect(calls).toBe(1);
  });

  it('pings beside the base URL of the API, wherever that is', async () => {
    const paths: (string | undefined)[] = [];
    answer = (incoming, response) => {
      paths.push(incoming.url);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"models":[]}');
    };
    for (const path of ['/v2', '/proxy/v2/']) expect(await connect(path).healthCheck()).toMatchObject({ status: 'healthy' });
    expect(paths).toEqual(['/v1/models', '/proxy/v1/models']);
  });
});
