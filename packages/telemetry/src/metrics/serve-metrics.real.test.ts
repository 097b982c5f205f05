import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../../../test/support/free-port.ts';
import { scrape } from '../../../../test/support/prometheus.ts';
import { type Metrics, openMetrics } from './open-metrics.ts';

interface Line {
  readonly facts: object;
  readonly sentence: string;
}

function recordLog() {
  const lines: Line[] = [];
  const add = (facts: object, sentence: string) => void lines.push({ facts, sentence });
  return { log: { info: add, warn: add }, lines };
}

async function serveAt(port: number) {
  const { log, lines } = recordLog();
  const metrics: Metrics = await openMetrics();
  metrics.serve({ host: '127.0.0.1', port, log, retryMs: 50 });
  return { metrics, lines, [Symbol.asyncDispose]: () => metrics.close() };
}

async function urlIn(lines: readonly Line[]): Promise<string> {
  await expect.poll(() => lines.at(-1)?.sentence, { timeout: 10_000 }).toBe('metrics listening');
  const { url } = { url: '', ...lines.at(-1)?.facts };
  return url;
}

/** fetch sends the host it connects to, and no other. */
function statusWith(url: string, options: { host?: string; method?: string; path?: string }): Promise<number | undefined> {
  const { port } = new URL(url);
  const { method = 'GET', path = '/metrics', host } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, ...(host !== undefined && { headers: { host } }) });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    request.end();
  });
}

async function takePort(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('the metrics endpoint', () => {
  it('takes a free port and tells which, and serves the process’s own metrics', async () => {
    await using served = await serveAt(0);
    const url = await urlIn(served.lines);
    const scraped = await scrape(url);
    expect(scraped.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(scraped.names).toContain('nodejs_eventloop_lag_p99_seconds');
    const utilization = scraped.value('orchestrator_event_loop_utilization');
    expect(utilization).toBeGreaterThan(0);
    expect(utilization).toBeLessThanOrEqual(1);
  });

  it('answers in the type that Prometheus asks for', async () => {
    await using served = await serveAt(0);
    const response = await fetch(await urlIn(served.lines));
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    await response.body?.cancel();
  });

  it('has nothing else, and nothing for web pages under another name', async () => {
    await using served = await serveAt(0);
    const url = await urlIn(served.lines);
    expect(await statusWith(url, { path: '/' })).toBe(404);
    expect(await statusWith(url, { method: 'POST' })).toBe(405);
    expect(await statusWith(url, { method: 'HEAD' })).toBe(200);
    expect(await statusWith(url, { host: 'evil.example' })).toBe(403);
    expect(await statusWith(url, { host: 'localhost:1234' })).toBe(200);
  });

  it('says so when a metric can not be read', async () => {
    await using served = await serveAt(0);
    const url = await urlIn(served.lines);
    served.metrics.addApi(() => {
      throw new Error('defect');
    });
    expect((await fetch(url)).status).toBe(500);
    expect(served.lines.at(-1)?.sentence).toBe('a metric could not be read');
  });

  it('waits for a port that is taken', async () => {
    const port = await freePort();
    const other = await takePort(port);
    await using served = await serveAt(port);
    await expect
      .poll(() => served.lines[0])
      .toMatchObject({ facts: { port }, sentence: 'metrics can not be served, trying again' });
    const closed = once(other, 'close');
    other.close();
    await closed;
    expect(await urlIn(served.lines)).toBe(`http://127.0.0.1:${port}/metrics`);
    expect((await scrape(`http://127.0.0.1:${port}/metrics`)).names.length).toBeGreaterThan(10);
  });

  it('lets go of the port when it is closed', async () => {
    const served = await serveAt(0);
    const url = await urlIn(served.lines);
    await served.metrics.close();
    await expect(fetch(url)).rejects.toThrow();
  });
});
