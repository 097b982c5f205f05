import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { estimateInputTokens } from '@orchestrator/router';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ScriptInput } from './script.ts';
import { startUpstream, type Upstream } from './upstream.ts';

let running: Upstream | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(script: ScriptInput = {}): Promise<Upstream> {
  running = await startUpstream({ script });
  return running;
}

function ask(upstream: { port: number }, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${upstream.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer x', ...headers },
    body: JSON.stringify(body),
  });
}
const chat = (prompt: string) => ({
  model: 'gpt-4o-mini',
  max_completion_tokens: 20,
  messages: [{ role: 'user', content: prompt }],
});

describe('upstream', () => {
  it('counts by idempotency key and by marker, and charges to the nano-dollar', async () => {
    const upstream = await start({ usage: 'worst-case' });
    for (const prompt of ['[[a:1]] x', '[[a:1]] x', '[[b]] x'])
      await (await ask(upstream, chat(prompt), { 'idempotency-key': 'k' })).text();
    const input = estimateInputTokens({ prompt: '[[a:1]] x' });
    expect(upstream.entries()[0]).toMatchObject({
      usage: { input, output: 20 },
      chargedNanoUsd: input * 150 + 20 * 600,
      isFullySent: true,
    });
    expect(upstream.summary()).toMatchObject({ calls: 3, open: 0, byIdempotencyKey: { k: 3 }, byMarker: { 'a:1': 2, b: 1 } });
  });

  it('applies a rule to the calls it names, as often as it says', async () => {
    const upstream = await start({
      rules: [{ promptIncludes: 'bad', skip: 1, times: 2, fault: { type: 'status', status: 503 } }],
    });
    const statuses: number[] = [];
    for (const prompt of ['good', 'bad', 'bad', 'bad', 'bad']) statuses.push((await ask(upstream, chat(prompt))).status);
    expect(statuses).toEqual([200, 200, 503, 503, 200]);
    expect(upstream.entries().map((entry) => entry.chargedNanoUsd > 0)).toEqual([true, true, false, false, true]);
  });

  it('sees a client that leaves, and charges it all the same', async () => {
    const upstream = await start({ latencyMs: 60_000 });
    const controller = new AbortController();
    const call = fetch(`http://127.0.0.1:${upstream.port}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer x' },
      body: JSON.stringify(chat('x')),
      signal: controller.signal,
    });
    await vi.waitFor(() => expect(upstream.summary().open).toBe(1));
    controller.abort();
    await expect(call).rejects.toThrow();
    await vi.waitFor(() => expect(upstream.summary().open).toBe(0));
    expect(upstream.entries()[0]).toMatchObject({ isClientGone: true, isFullySent: false, status: 0 });
    expect(upstream.entries()[0]?.chargedNanoUsd).toBeGreaterThan(0);
  });

  it('refuses what a vendor would refuse', async () => {
    const upstream = await start();
    expect((await ask(upstream, { model: 'm' })).status).toBe(400);
    expect((await fetch(`http://127.0.0.1:${upstream.port}/v1/chat/completions`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(`http://127.0.0.1:${upstream.port}/v1/nothing`)).status).toBe(404);
  });

  it('runs as its own process and is controlled over HTTP', async () => {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=@orchestrator/source', main, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = await once(createInterface({ input: child.stdout }), 'line');
      const { port } = JSON.parse(line) as { port: number };
      const control = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}/__control/${path}`, init);
      await control('script', { method: 'POST', body: JSON.stringify({ rules: [{ fault: { type: 'status', status: 429 } }] }) });
      expect((await ask({ port }, chat('[[m]] x'))).status).toBe(429);
      expect(await (await control('summary')).json()).toMatchObject({ calls: 1, byMarker: { m: 1 } });
      await control('reset', { method: 'POST' });
      expect(await (await control('ledger')).json()).toEqual([]);
    } finally {
      child.kill('SIGTERM');
      const [code] = await once(child, 'exit');
      expect(code).toBe(0);
    }
  });
});
