import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { rawExchange } from '../testing/raw-http.ts';
import { completed, issuesOf, portOf, startApi } from '../testing/start-api.ts';
import { ClientGone, readBody } from './read-body.ts';

const limitBytes = 256 * 1024;
const head = (port: number, path: string, extra: string) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\n${extra}\r\n\r\n`;

function generateBodyOf(sizeBytes: number): string {
  const frame = '{"prompt":"","x":""}';
  const filler = sizeBytes - frame.length - 1;
  return `{"prompt":"p","x":"${'a'.repeat(filler)}"}`;
}

it('takes a body of exactly the limit and refuses one byte more', async () => {
  await using test = await startApi();
  const fits = await test.post('/api/ai/generate', generateBodyOf(limitBytes));
  expect(fits.status).toBe(422);
  expect(issuesOf(fits.body)).toEqual(['/x unknown-field']);
  const tooLarge = await test.post('/api/ai/generate', generateBodyOf(limitBytes + 1));
  expect(tooLarge.status).toBe(413);
  expect(tooLarge.body).toMatchObject({ code: 'payload-too-large', status: 413, retryable: false });
});

it('lets workflow routes have 1 MiB', async () => {
  await using test = await startApi();
  for (const path of ['/api/workflows/run', '/api/workflows/create', '/api/workflows/validate']) {
    expect((await test.post(path, `{"x":"${'a'.repeat(300_000)}"}`)).status, path).toBe(422);
    expect((await test.post(path, `{"x":"${'a'.repeat(1024 * 1024)}"}`)).status, path).toBe(413);
  }
});

it('answers 413 from Content-Length alone, before any of the body came', async () => {
  await using test = await startApi();
  const port = portOf(test);
  const answer = await rawExchange(port, [head(port, '/api/ai/generate', 'Content-Length: 99999999')], (text) =>
    text.includes('\r\n\r\n'),
  );
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

it('answers 413 to a chunked body that never ends, at the byte that is too much', async () => {
  await using test = await startApi();
  const port = portOf(test);
  const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
  const parts = [head(port, '/api/ai/generate', 'Transfer-Encoding: chunked'), chunk, chunk, chunk, chunk, '1\r\na\r\n'];
  expect(await rawExchange(port, parts, (text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 413 /);
});

it('disconnects a client that goes on sending', async () => {
  await using test = await startApi();
  const port = portOf(test);
  const chunk = `100000\r\n${'a'.repeat(0x100000)}\r\n`;
  const parts = [head(port, '/api/ai/generate', 'Transfer-Encoding: chunked'), ...Array.from({ length: 8 }, () => chunk)];
  const ended = await rawExchange(port, parts, () => false).catch((error: NodeJS.ErrnoException) => error.code ?? '');
  expect(ended).toMatch(/^HTTP\/1\.1 413 |ECONNRESET|EPIPE/);
});

it('takes a chunked body and one that comes in pieces of a character', async () => {
  await using test = await startApi();
  test.finishRuns(completed);
  const bytes = new TextEncoder().encode('{"prompt":"h\u00e9llo \u{1f600}"}');
  const pieces = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect((await test.post('/api/ai/generate', pieces)).status).toBe(200);
  expect(test.store.accepted[0]?.input).toEqual({ prompt: 'h\u00e9llo \u{1f600}' });
});

it('stores nothing when the client leaves in the middle of its body', async () => {
  await using test = await startApi();
  const port = portOf(test);
  const controller = new AbortController();
  const body = new ReadableStream({
    pull(stream) {
      stream.enqueue(new TextEncoder().encode('{"prompt":"a'));
      controller.abort();
    },
  });
  await expect(test.send('POST', '/api/ai/generate', { body, signal: controller.signal })).rejects.toThrow();
  expect(await rawExchange(port, [`GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`], () => false)).toContain(
    '200 OK',
  );
  expect(test.store.accepted).toEqual([]);
  expect(test.log.filter((line) => line.level === 'error')).toEqual([]);
});

it('gives up on a client that left before its body was asked for', async () => {
  const request = new IncomingMessage(new Socket());
  request.destroy();
  await once(request, 'close');
  await expect(readBody(request, limitBytes)).rejects.toBeInstanceOf(ClientGone);
});
