import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { providers } from '../registry.ts';
import { callOptions, failureOf, readStream, testKey } from '../testing/calls.ts';
import { boundedFetch, maxBodyBytes } from './bounded-fetch.ts';

const piece = Buffer.alloc(1_048_576, 'x');
let contentType = 'application/json';
let sentBytes = 0;
let server: Server;

/** A vendor that never stops; it waits for its reader, so what it sent is what was read, give or take what the system buffers. */
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': contentType });
    const send = () => {
      while (!response.destroyed && response.write(piece)) sentBytes += piece.length;
      sentBytes += piece.length;
    };
    response.on('drain', send);
    send();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());
beforeEach(() => {
  sentBytes = 0;
});

const baseUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const request = { prompt: 'Tell a story', maxTokens: 50 };

describe.each(providers.map((provider) => [provider.id, provider] as const))(
  'an answer of %s without an end',
  (_id, provider) => {
    const connect = () => provider.createAdapter({ apiKey: testKey, baseUrl: baseUrl() });

    it('ends as an error before it fills the memory', async () => {
      contentType = 'application/json';
      const { error, costBasis } = await failureOf(connect().generate(request, callOptions({ timeoutMs: 60_000 })));
      expect(error).toMatchObject({ name: 'Provider.Unavailable', retryable: true, message: expect.stringContaining('longer') });
      expect(costBasis).toBe('reserved');
      expect(sentBytes).toBeLessThan(2 * maxBodyBytes);
    });

    it('ends a stream as well', async () => {
      contentType = 'text/event-stream';
      const { error } = await failureOf(readStream(connect().stream(request, callOptions({ timeoutMs: 60_000 }))));
      expect(error.name).toBe('Provider.Unavailable');
      expect(sentBytes).toBeLessThan(2 * maxBodyBytes);
    });
  },
);

describe('boundedFetch', () => {
  it('leaves status, headers and body of other answers alone', async () => {
    const plain = createServer((_, response) => {
      response.writeHead(429, { 'retry-after': '7' });
      response.write('slow ');
      response.end('down');
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const answer = await boundedFetch(`http://127.0.0.1:${(plain.address() as AddressInfo).port}`);
    expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([429, '7', 'slow down']);
    plain.close();
  });
});
