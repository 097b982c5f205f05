import { expect, it } from 'vitest';
import { rawExchange } from '../testing/raw-http.ts';
import { portOf, startApi } from '../testing/start-api.ts';

async function statusFor(port: number, lines: readonly string[]): Promise<string> {
  const request = `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`;
  return (await rawExchange(port, [request], () => false)).split('\r\n')[0] ?? '';
}

it('answers only under loopback names, with any port', async () => {
  await using test = await startApi();
  const port = portOf(test);
  for (const host of ['localhost', 'LOCALHOST:1', `127.0.0.1:${port}`, '[::1]', '[::1]:3000', '127.8.9.10:80']) {
    expect(await statusFor(port, ['GET /livez HTTP/1.1', `Host: ${host}`]), host).toBe('HTTP/1.1 200 OK');
  }
  for (const host of [
    'example.com',
    'localhost.example.com',
    '127.0.0.1.nip.io',
    'localhost:',
    '10.0.0.1',
    '[::2]',
    'x@localhost',
    '',
  ]) {
    expect(await statusFor(port, ['GET /livez HTTP/1.1', `Host: ${host}`]), host).toBe('HTTP/1.1 403 Forbidden');
  }
  expect(await statusFor(port, ['GET /livez HTTP/1.0'])).toBe('HTTP/1.1 403 Forbidden');
});

it('refuses state changes from web pages of other origins', async () => {
  await using test = await startApi();
  const port = portOf(test);
  const path = '/api/workflows/validate';
  const body = { workflow: { name: 'a', steps: [{ id: 'a', action: 'noop' }] } };
  for (const origin of [
    'https://example.com',
    'null',
    `https://127.0.0.1:${port}`,
    'http://localhost:1',
    `http://localhost:${port}.evil.com`,
  ]) {
    const answer = await test.post(path, body, { origin });
    expect(answer.status, origin).toBe(403);
    expect(answer.body.code).toBe('forbidden');
  }
  for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
    expect((await test.post(path, body, { origin })).status, origin).toBe(200);
  }
  expect((await test.get('/livez', { origin: 'https://example.com' })).status).toBe(200);
});
