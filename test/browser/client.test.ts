import { type Client, createClient } from '@orchestrator/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, startInstallation } from '../e2e/support/installation.ts';
import { chromiumAvailable, startChromium } from '../support/browser.ts';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { bundleForBrowser } from './bundle.ts';
import { startPageServer } from './page-server.ts';

failOnLeakedProcesses();

const content = 'A long answer that comes in many small pieces. 👋 '.repeat(12);
const request = { prompt: '[[drip]] Say something.', provider: 'openai', model: 'gpt-4o-mini', maxTokens: 200 };
const bundle = await bundleForBrowser('page/client-page.ts');

it('is small in a browser, and leaves the schemas outside', () => {
  expect(bundle.length).toBeLessThan(30_000);
  expect(bundle).not.toContain('ZodObject');
});

describe.runIf(chromiumAvailable())('in Chromium', () => {
  let installation: Installation;
  let browser: Browser;
  beforeAll(async () => {
    const drip = { type: 'slow-drip' as const, chunkBytes: 120, intervalMs: 15 };
    installation = await startInstallation({
      keysOf: 'all',
      script: { rules: [{ promptIncludes: '[[drip', fault: drip, content }] },
    });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await installation?.dispose();
  });

  /** Streams in the page: the events' ids, the text, and how many moments the text came in. */
  async function streamIn(page: Page) {
    await page.waitForFunction(() => 'client' in globalThis);
    return await page.evaluate(async (body) => {
      const { client } = globalThis as unknown as { client: Client };
      const stream = client.stream(body);
      const ids: string[] = [];
      const moments = new Set<number>();
      let text = '';
      const reading = (async () => {
        for await (const event of stream) ids.push(`${event.epoch}-${event.seq}`);
      })();
      for await (const piece of stream.text()) {
        text += piece;
        moments.add(Math.floor(performance.now() / 10));
      }
      await reading;
      return { ids, text, moments: moments.size, result: await stream.result(), jobId: await stream.jobId };
    }, request);
  }

  const storedIds = async (jobId: string, baseUrl: string) => {
    const ids: string[] = [];
    for await (const event of createClient({ baseUrl }).runs.stream(jobId)) ids.push(`${event.epoch}-${event.seq}`);
    return ids;
  };

  it('streams while the answer comes', async () => {
    await using server = await startPageServer({ script: bundle, apiUrl: installation.api.url });
    const page = await browser.newPage();
    await page.goto(server.url);
    const streamed = await streamIn(page);
    await page.close();
    expect(streamed.text).toBe(content);
    expect(streamed.result.content).toBe(content);
    expect(streamed.moments).toBeGreaterThan(5);
    expect(streamed.ids).toEqual(await storedIds(streamed.jobId, installation.api.url));
    expect(server.forwarded).toEqual(['/api/ai/stream']);
  });

  it('goes on after its connection was cut', async () => {
    await using server = await startPageServer({ script: bundle, apiUrl: installation.api.url });
    const page = await browser.newPage();
    await page.goto(server.url);
    server.cutNextAnswerAfter(3_000);
    const streamed = await streamIn(page);
    await page.close();
    expect(streamed.text).toBe(content);
    expect(streamed.ids).toEqual(await storedIds(streamed.jobId, installation.api.url));
    expect(server.forwarded).toEqual(['/api/ai/stream', `/api/jobs/${streamed.jobId}/events`]);
  });

  it('tells what the server refuses', async () => {
    await using server = await startPageServer({ script: bundle, apiUrl: installation.api.url });
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => 'client' in globalThis);
    const refused = await page.evaluate(async () => {
      const { client } = globalThis as unknown as { client: Client };
      return await client
        .generate({ prompt: 'Hi', provider: 'opnai' })
        .catch(({ name, status, errors }) => ({ name, status, errors }));
    });
    await page.close();
    expect(refused).toMatchObject({ name: 'OrchestratorError', status: 422, errors: [{ pointer: '/provider' }] });
  });
});
