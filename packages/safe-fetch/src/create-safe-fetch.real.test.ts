import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createSafeFetch } from './create-safe-fetch.ts';
import type { SafeFetchResult } from './fetch-result.ts';
import { startCanary } from './testing/canary.ts';
import { hostileUrls } from './testing/hostile-hosts.ts';

/** Public by its bytes, and of a block that is used for research only: nobody answers. */
const publicAddress = '1.2.3.4';
const local = ['127.0.0.1'];
const codeOf = (result: SafeFetchResult) => (result.ok ? `answered ${result.response.status}` : result.failure.code);

describe('nobody gets inside', () => {
  it('by any spelling of an address', { timeout: 60_000 }, async () => {
    await using canary = await startCanary();
    const safeFetch = createSafeFetch({ resolve: async () => local, timeoutMs: 2_000 });
    const codes = new Map<string, string>();
    for (const url of hostileUrls) codes.set(url, codeOf(await safeFetch(url.replaceAll('PORT', String(canary.port)))));
    expect(hostileUrls.length).toBeGreaterThan(100);
    const refusals = /^(?:invalid-url|forbidden-scheme|credentials-in-url|private-address|forbidden-port)$/;
    expect([...codes].filter(([, code]) => !refusals.test(code))).toEqual([]);
    expect(canary.connections).toBe(0);
  });

  it('by a name that resolves to an address inside, alone or among others', async () => {
    await using canary = await startCanary();
    const inside = [
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
      '10.1.2.3',
      '169.254.169.254',
      'fe80::1%lo',
      '0x7f.1',
      '2130706433',
      'localhost',
      '',
    ];
    for (const address of inside) {
      for (const answer of [[address], [publicAddress, address], [address, publicAddress]]) {
        const safeFetch = createSafeFetch({ resolve: async () => answer });
        expect(codeOf(await safeFetch(`http://rebind.test:${canary.port}/`)), String(answer)).toMatch(
          /^(?:private-address|name-not-resolved)$/,
        );
      }
    }
    expect(canary.connections).toBe(0);
  });

  it('by a name that changes its address between the look and the connection, in 1,000 tries', { timeout: 120_000 }, async () => {
    await using canary = await startCanary();
    let isFirst = true;
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      const answer = isFirst ? [publicAddress] : local;
      isFirst = !isFirst;
      return answer;
    };
    const safeFetch = createSafeFetch({ resolve, connectTimeoutMs: 25, timeoutMs: 60 });
    const results = [];
    for (let batch = 0; batch < 20; batch += 1) {
      results.push(...(await Promise.all(Array.from({ length: 50 }, () => safeFetch(`http://rebind.test:${canary.port}/`)))));
    }
    expect(results.filter(({ ok }) => ok)).toEqual([]);
    const codes = results.map(codeOf);
    expect(codes.filter((code) => code === 'private-address')).toHaveLength(500);
    // Each try asked once: what was judged is what was connected to.
    expect(asked).toBe(1_000);
    expect(canary.connections).toBe(0);
  });

  it('by a redirect', async () => {
    await using canary = await startCanary();
    for (const status of [301, 302, 303, 307, 308]) {
      await using receiver = await startCanary((_, response) => {
        response.writeHead(status, { location: `http://127.0.0.1:${canary.port}/` }).end();
      });
      const safeFetch = createSafeFetch({ allowedHosts: [`127.0.0.1:${receiver.port}`] });
      const result = await safeFetch(`http://127.0.0.1:${receiver.port}/`, { method: 'POST', body: 'x' });
      expect(codeOf(result)).toBe(`answered ${status}`);
      if (result.ok) expect(result.response.headers.get('location')).toContain(String(canary.port));
    }
    expect(canary.connections).toBe(0);
  });

  it('by a header that decides where a request goes', async () => {
    await using receiver = await startCanary();
    const safeFetch = createSafeFetch({ allowedHosts: ['127.0.0.1'] });
    for (const name of [
      'Host',
      'Transfer-Encoding',
      'Content-Length',
      'Connection',
      'Upgrade',
      'Expect',
      'Proxy-Authorization',
      'X\r\nHost',
      'x y',
    ]) {
      const result = await safeFetch(`http://127.0.0.1:${receiver.port}/`, { headers: { [name]: 'x' } });
      expect(codeOf(result), name).toBe('forbidden-header');
    }
    expect(codeOf(await safeFetch(`http://127.0.0.1:${receiver.port}/`, { headers: { 'x-a': 'b\r\nHost: c' } }))).toBe(
      'forbidden-header',
    );
    expect(receiver.connections).toBe(0);
  });
});

describe('an allowed host', () => {
  it('is reached by name, address, port and range, and nothing beside it', async () => {
    await using canary = await startCanary();
    const { port } = canary;
    const reach = async (allowedHosts: string[], url: string) =>
      codeOf(await createSafeFetch({ allowedHosts, resolve: async () => local })(url));
    expect(await reach(['127.0.0.1'], `http://127.0.0.1:${port}/`)).toBe('answered 200');
    expect(await reach([`127.0.0.1:${port}`], `http://127.0.0.1:${port}/`)).toBe('answered 200');
    expect(await reach(['127.0.0.0/8'], `http://0x7f.1:${port}/`)).toBe('answered 200');
    expect(await reach(['receiver.test'], `http://receiver.test:${port}/`)).toBe('answered 200');
    expect(await reach([`Receiver.Test:${port}`], `http://receiver.test.:${port}/`)).toBe('answered 200');
    expect(await reach(['127.0.0.0/8'], `http://receiver.test:${port}/`)).toBe('answered 200');
    expect(canary.connections).toBe(6);
    expect(canary.requests.slice(3)).toEqual(Array(3).fill(`GET receiver.test:${port} /`));

    expect(await reach(['127.0.0.2'], `http://127.0.0.1:${port}/`)).toBe('private-address');
    expect(await reach([`127.0.0.1:${port + 1}`], `http://127.0.0.1:${port}/`)).toBe('private-address');
    expect(await reach([`receiver.test:${port + 1}`], `http://receiver.test:${port}/`)).toBe('private-address');
    expect(await reach(['test'], `http://receiver.test:${port}/`)).toBe('private-address');
    expect(await reach(['10.0.0.0/8', '::1'], `http://receiver.test:${port}/`)).toBe('private-address');
    expect(canary.connections).toBe(6);
  });

  it('may be spoken to without TLS where others may not', async () => {
    await using canary = await startCanary();
    const { port } = canary;
    const send = async (allowedHosts: string[], url: string, answer: string[]) =>
      codeOf(await createSafeFetch({ allowedHosts, requiresHttps: true, resolve: async () => answer })(url));
    expect(await send(['receiver.test'], `http://receiver.test:${port}/`, local)).toBe('answered 200');
    expect(await send(['127.0.0.0/8'], `http://receiver.test:${port}/`, local)).toBe('answered 200');
    expect(await send(['127.0.0.0/8'], `http://receiver.test:${port}/`, [publicAddress])).toBe('plain-http');
    expect(await send([], `http://receiver.test:${port}/`, [publicAddress])).toBe('plain-http');
    expect(canary.connections).toBe(2);
  });

  it('sees the name in TLS, not the address', async () => {
    let hello = Buffer.alloc(0);
    const server = createServer((socket) => {
      socket.once('data', (data) => {
        hello = data;
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const safeFetch = createSafeFetch({ allowedHosts: ['receiver.test'], resolve: async () => local });
    expect(codeOf(await safeFetch(`https://receiver.test:${port}/`))).toBe('tls-failed');
    expect(hello.includes('receiver.test')).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('an answer', () => {
  const allowedHosts = ['127.0.0.1'];

  it('comes with status, headers and body', async () => {
    await using receiver = await startCanary((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        response.writeHead(201, { 'x-kind': request.headers['content-type'], 'set-cookie': ['a=1', 'b=2'] });
        response.end(`got ${body}`);
      });
    });
    const result = await createSafeFetch({ allowedHosts })(`http://127.0.0.1:${receiver.port}/a/b?c=d#e`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":"ä"}',
    });
    if (!result.ok) throw new Error(result.failure.message);
    expect(result.response).toMatchObject({ status: 201, isTruncated: false });
    expect(result.response.body.toString()).toBe('got {"a":"ä"}');
    expect(result.response.headers.get('x-kind')).toBe('application/json');
    expect(receiver.requests).toEqual([`POST 127.0.0.1:${receiver.port} /a/b?c=d`]);
  });

  it('that is too long fails or is cut, and is not read to its end', async () => {
    const piece = Buffer.alloc(65_536, 'x');
    let sentBytes = 0;
    await using receiver = await startCanary((_, response) => {
      const send = () => {
        while (!response.destroyed && response.write(piece)) sentBytes += piece.length;
      };
      response.on('drain', send);
      send();
    });
    const url = `http://127.0.0.1:${receiver.port}/`;
    expect(codeOf(await createSafeFetch({ allowedHosts, maxResponseBytes: 100_000 })(url))).toBe('response-too-large');
    const cut = await createSafeFetch({ allowedHosts, maxResponseBytes: 1_000, whenTooLarge: 'truncate' })(url);
    if (!cut.ok) throw new Error(cut.failure.message);
    expect(cut.response).toMatchObject({ status: 200, isTruncated: true });
    expect(cut.response.body.length).toBe(1_000);
    expect(sentBytes).toBeLessThan(32 * 1_048_576);
  });

  it('that is compressed stays as it is', async () => {
    await using receiver = await startCanary((request, response) => {
      response
        .writeHead(200, { 'content-encoding': 'gzip', 'x-accepts': request.headers['accept-encoding'] })
        .end('no gzip at all');
    });
    const result = await createSafeFetch({ allowedHosts })(`http://127.0.0.1:${receiver.port}/`);
    if (!result.ok) throw new Error(result.failure.message);
    expect(result.response.body.toString()).toBe('no gzip at all');
    expect(result.response.headers.get('x-accepts')).toBe('identity');
  });

  it.each([
    ['headers', { headersTimeoutMs: 100 }],
    ['body', { timeoutMs: 300 }],
  ])('whose %s do not come ends in time', async (part, limits) => {
    await using receiver = await startCanary((_, response) => {
      if (part === 'body') response.writeHead(200, { 'content-length': 10 }).write('x');
    });
    const startedMs = performance.now();
    const result = await createSafeFetch({ allowedHosts, ...limits })(`http://127.0.0.1:${receiver.port}/`);
    expect(codeOf(result)).toBe('timeout');
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('that drips ends in time all the same', async () => {
    await using receiver = await startCanary((_, response) => {
      response.writeHead(200, { 'content-length': 10_000 });
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    const result = await createSafeFetch({ allowedHosts, timeoutMs: 300 })(`http://127.0.0.1:${receiver.port}/`);
    expect(codeOf(result)).toBe('timeout');
  });

  it('that breaks off, or is no HTTP, is told apart from one that never began', async () => {
    await using receiver = await startCanary((request, response) => {
      if (request.url === '/cut') response.writeHead(200, { 'content-length': 10 }).write('x', () => response.destroy());
      else if (request.url === '/reset') request.socket.destroy();
      else if (request.url === '/large') response.writeHead(200, { 'x-large': 'x'.repeat(20_000) }).end();
      else request.socket.end('SSH-2.0-OpenSSH\r\n');
    });
    const { port } = receiver;
    const get = async (path: string) => codeOf(await createSafeFetch({ allowedHosts })(`http://127.0.0.1:${port}${path}`));
    expect(await get('/cut')).toBe('connection-lost');
    expect(await get('/reset')).toBe('connection-lost');
    expect(await get('/large')).toBe('invalid-response');
    expect(await get('/ssh')).toBe('invalid-response');
    await receiver[Symbol.asyncDispose]();
    expect(await get('/')).toBe('connect-failed');
  });

  it('is not waited for when the caller gives up', async () => {
    await using receiver = await startCanary(() => {});
    const controller = new AbortController();
    const result = createSafeFetch({ allowedHosts })(`http://127.0.0.1:${receiver.port}/`, { signal: controller.signal });
    await expect.poll(() => receiver.requests.length).toBe(1);
    controller.abort();
    expect(codeOf(await result)).toBe('aborted');
    const late = await createSafeFetch({ allowedHosts })(`http://127.0.0.1:${receiver.port}/`, { signal: controller.signal });
    expect(codeOf(late)).toBe('aborted');
    expect(receiver.connections).toBe(1);
  });
});

describe('a name', () => {
  it('that has no address, or takes too long to find one, fails', async () => {
    const failing = createSafeFetch({ resolve: () => Promise.reject(new Error('ENOTFOUND')) });
    expect(codeOf(await failing('https://nowhere.test/'))).toBe('name-not-resolved');
    const empty = createSafeFetch({ resolve: async () => [] });
    expect(codeOf(await empty('https://nowhere.test/'))).toBe('name-not-resolved');
    const hanging = createSafeFetch({ resolve: () => new Promise(() => {}), connectTimeoutMs: 50 });
    expect(codeOf(await hanging('https://nowhere.test/'))).toBe('timeout');
  });

  it('that is allowed is found as the operating system finds it', async () => {
    await using canary = await startCanary();
    const safeFetch = createSafeFetch({ allowedHosts: ['localhost'] });
    expect(codeOf(await safeFetch(`http://localhost:${canary.port}/`))).toBe('answered 200');
  });

  it('is never said to lead to a certain address', async () => {
    const safeFetch = createSafeFetch({ resolve: async () => ['10.20.30.40'] });
    const result = await safeFetch('https://inside.test/');
    expect(JSON.stringify(result)).not.toContain('10.20');
  });
});
