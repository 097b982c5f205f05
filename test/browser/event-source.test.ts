import { liveEventTypes } from '@orchestrator/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fencedBlocks } from '../docs/markdown.ts';
import { type Installation, startInstallation } from '../e2e/support/installation.ts';
import { ask, workflow } from '../e2e/support/workflows.ts';
import { chromiumAvailable, startChromium } from '../support/browser.ts';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type PageServer, servePage } from './event-source-server.ts';

failOnLeakedProcesses();

const timeoutMs = 120_000;
const drip = { type: 'slow-drip', chunkBytes: 120, intervalMs: 40 } as const;
const content = 'A long answer that comes in many small pieces. '.repeat(12);

/** What the page's own `EventSource` got, and when. */
interface Seen {
  readonly id: string;
  readonly type: string;
  readonly atMs: number;
}

/** Runs in the page before its own script: notes what its `EventSource` gets. */
const watchEventSource = `
  window.seen = [];
  window.EventSource = class extends EventSource {
    constructor(...options) {
      super(...options);
      window.source = this;
      for (const type of ${JSON.stringify(liveEventTypes)})
        this.addEventListener(type, ({ lastEventId }) => window.seen.push({ id: lastEventId, type, atMs: performance.now() }));
    }
  };`;

function documentedPage(): string {
  const block = fencedBlocks('docs/streaming.md').find(({ language, role }) => language === 'html' && role === 'page');
  if (block === undefined) throw new Error('docs/streaming.md has no page');
  return block.text;
}

describe.runIf(chromiumAvailable())('the page of docs/streaming.md', { timeout: timeoutMs }, () => {
  let installation: Installation;
  let server: PageServer;
  let browser: Browser;
  beforeAll(async () => {
    installation = await startInstallation({
      keysOf: 'all',
      script: {
        rules: [
          { promptIncludes: '[[cut', times: 1, fault: { type: 'cut', at: 'in-body' }, content },
          { promptIncludes: '[[drip', fault: drip, content },
        ],
      },
    });
    server = await servePage(documentedPage(), installation.api.url);
    browser = await startChromium();
  }, timeoutMs);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await installation?.dispose();
  });

  async function openJob(marker: string): Promise<{ readonly page: Page; readonly jobId: string }> {
    const jobId = await installation.api.submit(
      workflow([ask('one', marker, { input: { prompt: `[[${marker}]]`, maxTokens: 500 } })]),
    );
    const page = await browser.newPage();
    page.setDefaultTimeout(timeoutMs);
    await page.addInitScript(watchEventSource);
    await page.goto(`${server.url}/?job=${jobId}`);
    return { page, jobId };
  }
  const seenBy = (page: Page) => page.evaluate<readonly Seen[]>('window.seen');
  const untilTokens = (page: Page, count: number) =>
    page.waitForFunction(`window.seen.filter(({ type }) => type === 'token').length >= ${count}`);

  it('shows an answer as it comes, goes on after a broken connection, and ends by itself', async () => {
    const { page, jobId } = await openJob('drip-page');
    await untilTokens(page, 5);
    const before = await seenBy(page);
    server.cut();
    await page.locator('main[data-ended="run-completed"]').waitFor();
    const seen = await seenBy(page);

    const replayed = await fetch(`${installation.api.url}/api/jobs/${jobId}/events`);
    const ids = [...(await replayed.text()).matchAll(/^id: (.+)$/gm)].map(([, id]) => id);
    expect(seen.map(({ id }) => id)).toEqual(ids);
    // Piece by piece: most of them in moments of their own.
    const moments = new Set(seen.filter(({ type }) => type === 'token').map(({ atMs }) => Math.round(atMs / 20)));
    expect(moments.size).toBeGreaterThan(10);
    expect(await page.locator('main p').textContent()).toBe(content);

    // The browser asks once more after the end, and is told that nothing comes.
    await page.waitForFunction('window.source.readyState === EventSource.CLOSED');
    const [first, resumed, ...rest] = server.streams;
    expect(first).toEqual({ lastEventId: undefined, status: 200 });
    expect(resumed?.status).toBe(200);
    expect(ids.indexOf(resumed?.lastEventId)).toBeGreaterThanOrEqual(before.length - 1);
    expect(ids.indexOf(resumed?.lastEventId)).toBeLessThan(ids.length - 1);
    expect(rest).toEqual([{ lastEventId: ids.at(-1), status: 204 }]);
    await page.close();
  });

  it('takes back what a broken call said', async () => {
    const { page } = await openJob('cut-page');
    await page.locator('main[data-ended="run-completed"]').waitFor();
    expect((await seenBy(page)).map(({ type }) => type)).toContain('restart');
    const output = await page.locator('main p').textContent();
    expect(output).toMatch(/^\[\[cut-page\]\] Scripted answer/);
    expect(output).not.toContain(content.slice(0, 20));
    await page.close();
  });
});
