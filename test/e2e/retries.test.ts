import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import type { Fault } from '../support/upstream/script.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callsOf, gapsMs } from './support/ledger.ts';
import { ask as askOpenAi, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

const status = (code: number, extra: Partial<Extract<Fault, { type: 'status' }>> = {}): Fault => ({
  type: 'status',
  status: code,
  headers: {},
  ...extra,
});
const openAiError = (message: string, code: string | null = null) => ({
  error: { message, type: 'invalid_request_error', code },
});

/** What a vendor does, and the error that a user is to see. */
const failures: readonly (readonly [marker: string, fault: Fault, name: string])[] = [
  ['e429', status(429), 'Provider.RateLimited'],
  ['e503', status(503), 'Provider.Overloaded'],
  ['e500', status(500), 'Provider.Unavailable'],
  ['e401', status(401), 'Provider.Auth'],
  ['e400', status(400), 'Provider.InvalidRequest'],
  ['e404', status(404), 'Provider.InvalidRequest'],
  ['e504', status(504), 'Provider.Timeout'],
  [
    'quota',
    status(429, { body: openAiError('You exceeded your current quota', 'insufficient_quota') }),
    'Provider.QuotaExceeded',
  ],
  ['long', status(400, { body: openAiError('too long', 'context_length_exceeded') }), 'Provider.ContextLength'],
  ['refused', { type: 'finish', reason: 'refused' }, 'Provider.ContentFiltered'],
  ['cut', { type: 'cut', at: 'in-body' }, 'Provider.Truncated'],
  ['html', status(502, { body: '<html>Bad gateway</html>', headers: { 'content-type': 'text/html' } }), 'Provider.Unavailable'],
  ['shape', { type: 'wrong-shape' }, 'Provider.Unavailable'],
  ['syntax', { type: 'malformed-json' }, 'Provider.Unavailable'],
];

/** Runs that wait for an hour, each at a provider of its own. */
const hours = Array.from({ length: 8 }, (_, index) => `hour-${index}`);

/** Each marker is a provider of its own, so that no failure opens a circuit or starts a cool-down for another test. */
const ask = (id: string, marker: string, fields: object = {}) => askOpenAi(id, marker, { provider: marker, ...fields });

let installation: Installation;
beforeAll(async () => {
  const fails = (marker: string, fault: Fault, times?: number) => ({
    promptIncludes: `[[${marker}]]`,
    fault,
    ...(times === undefined ? {} : { times }),
  });
  const rules = [
    ...failures.map(([marker, fault]) => fails(marker, fault)),
    fails('fixed', status(503)),
    fails('mends', status(503), 2),
    fails('grows', status(500)),
    ...hours.map((marker) => fails(marker, status(500))),
    fails('soon', status(429, { headers: { 'retry-after-ms': '900' } }), 1),
    fails('later', status(429, { headers: { 'retry-after': '3600' } })),
    fails('ignored', status(429, { headers: { 'retry-after': '3600' } }), 1),
    fails('named', status(401), 1),
    fails('unnamed', status(503)),
    fails('stuck-generate', { type: 'hang', at: 'before-headers' }),
    fails('stuck', { type: 'hang', at: 'before-headers' }),
    fails('endless', { type: 'hang', at: 'in-body' }),
  ];
  installation = await startInstallation({
    script: { rules },
    customProviders: [...new Set(rules.map(({ promptIncludes }) => promptIncludes.slice(2, -2)))],
    // One call for each try: the retries here are those of the workflow.
    env: { ORCHESTRATOR_MAX_RETRIES: '0' },
  });
});
afterAll(() => installation?.dispose());

const run = (steps: readonly object[], fields: object = {}) => installation.api.run(workflow(steps, fields));

describe('error names', () => {
  it.concurrent.each(failures)('%s', async (marker, _fault, name) => {
    const result = await run([ask('a', marker)]);
    expect(result).toMatchObject({ success: false, status: 'failed', error: { name, provider: marker, attempt: 1 } });
    expect(callsOf(installation.upstream, marker)).toHaveLength(1);
  });
});

describe('retry', () => {
  it.concurrent('waits the same time before each attempt, three in all, and only then gives up', async () => {
    const result = await run([ask('a', 'fixed', { retry: { delayMs: 400 } })]);
    expect(result.steps[0]?.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual(
      [1, 2, 3].map((n) => [n, 'failed']),
    );
    const gaps = gapsMs(installation.upstream, 'fixed');
    expect(gaps).toHaveLength(2);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(395);
  });

  it.concurrent('ends with the first answer', async () => {
    const result = await run([ask('a', 'mends', { retry: { maxAttempts: 5, delayMs: 0 } })]);
    expect(result).toMatchObject({ status: 'completed', degraded: false });
    expect(result.steps[0]?.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'succeeded']);
    expect(callsOf(installation.upstream, 'mends')).toHaveLength(3);
  });

  it.concurrent('waits longer each time with an exponential backoff, up to its limit', async () => {
    const retry = { maxAttempts: 4, delayMs: 100, backoff: 'exponential', factor: 5, maxDelayMs: 600, jitter: 'none' };
    await run([ask('a', 'grows', { retry })]);
    const [first = 0, second = 0, third = 0] = gapsMs(installation.upstream, 'grows');
    expect(first).toBeGreaterThanOrEqual(95);
    expect(second).toBeGreaterThanOrEqual(495);
    expect(third).toBeGreaterThanOrEqual(595);
    expect(third).toBeLessThan(2_400); // 100 × 5² without the limit
  });

  it.concurrent('spreads waits evenly with jitter; a long one holds no worker', async () => {
    const unused = [...hours];
    const dueInMs = async (retry: object) => {
      const jobId = await installation.api.submit(
        workflow([ask('a', unused.pop() ?? '', { retry: { delayMs: 3_600_000, ...retry } })]),
      );
      const job = await installation.api.jobWhen(jobId, ({ status: state }) => state === 'waiting');
      await installation.api.cancel(jobId);
      const [step] = job.steps;
      expect(step).toMatchObject({ status: 'retry_wait', attempts: [{ outcome: 'failed' }] });
      return Date.parse(step?.dueAt ?? '') - Date.parse(job.startedAt ?? '');
    };
    const exponential = { backoff: 'exponential', maxDelayMs: 3_600_000 };
    const drawn = await Promise.all(Array.from({ length: 6 }, () => dueInMs(exponential)));
    for (const delayMs of drawn) expect(delayMs).toBeLessThan(3_605_000);
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(60_000);
    expect(await dueInMs({})).toBeGreaterThanOrEqual(3_600_000);
    expect(await dueInMs({ ...exponential, jitter: 'none' })).toBeGreaterThanOrEqual(3_600_000);
  });

  it.concurrent('waits at least as long as the vendor asks, unless told not to', async () => {
    const retry = { maxAttempts: 2, delayMs: 0 };
    expect(await run([ask('a', 'soon', { retry })])).toMatchObject({ status: 'completed' });
    expect(gapsMs(installation.upstream, 'soon')[0]).toBeGreaterThanOrEqual(895);
    expect(await run([ask('a', 'ignored', { retry: { ...retry, respectRetryAfter: false } })])).toMatchObject({
      status: 'completed',
    });

    const jobId = await installation.api.submit(workflow([ask('a', 'later', { retry })]));
    const job = await installation.api.jobWhen(jobId, ({ status: state }) => state === 'waiting');
    expect(Date.parse(job.steps[0]?.dueAt ?? '') - Date.parse(job.startedAt ?? '')).toBeGreaterThanOrEqual(3_600_000);
    await installation.api.cancel(jobId);
  });

  it.concurrent('tries again only what it names, and what can be mended', async () => {
    const delayMs = 0;
    expect(await run([ask('a', 'e401', { retry: { delayMs } })])).toMatchObject({ status: 'failed' });
    expect(await run([ask('a', 'named', { retry: { delayMs, retryOn: ['Provider.Auth'] } })])).toMatchObject({
      status: 'completed',
    });
    const unnamed = await run([ask('a', 'unnamed', { retry: { delayMs, retryOn: ['Step.*', 'Provider.Auth'] } })]);
    expect(unnamed.steps[0]?.attempts).toHaveLength(1);
  });

  it.concurrent('comes before the failure handler, and counts a fail step’s own tries', async () => {
    const steps = [
      { id: 'a', action: 'fail', error: 'Custom.No', retry: { maxAttempts: 3, delayMs: 0 }, onFailure: 'b' },
      { id: 'b', action: 'transform', set: '{{a.attempts}}' },
    ];
    expect(await run(steps)).toMatchObject({ status: 'completed', degraded: true, output: 3 });
  });
});

describe('timeouts', () => {
  it.concurrent('end an attempt that hangs, at the vendor too, and book what it may have cost', async () => {
    const result = await run([ask('a', 'stuck', { timeoutMs: 300, retry: { maxAttempts: 2, delayMs: 0 } })]);
    expect(result).toMatchObject({ status: 'failed', error: { name: 'Step.Timeout', attempt: 2 } });
    expect(result.steps[0]?.attempts.map(({ costBasis }) => costBasis)).toEqual(['reserved', 'reserved']);
    const calls = callsOf(installation.upstream, 'stuck');
    await vi.waitUntil(() => calls.every((call) => call.isClientGone));
    expect(calls).toHaveLength(2);
    expect(result.totalCostUSD * 1e9).toBeGreaterThanOrEqual(calls.reduce((sum, call) => sum + call.chargedNanoUsd, 0));
  });

  it.concurrent('end the run, whatever handlers and retries it has', async () => {
    const steps = [
      ask('a', 'endless', { retry: { maxAttempts: 9, retryOn: ['*'] }, onFailure: 'b' }),
      { id: 'b', action: 'noop' },
    ];
    const result = await run(steps, { timeoutMs: 700 });
    expect(result).toMatchObject({ status: 'failed', error: { name: 'Run.Timeout' }, steps: [{ id: 'a', status: 'cancelled' }] });
    const calls = callsOf(installation.upstream, 'endless');
    expect(calls).toHaveLength(1);
    await vi.waitUntil(() => calls[0]?.isClientGone);
  });

  it.concurrent('end the run also when its steps have confusing names', async () => {
    const steps = ['deadline', 'timer', 'resumed'].map((id) => ({ id, action: 'delay', delayMs: 900 }));
    expect(await run(steps, { timeoutMs: 1_200 })).toMatchObject({ status: 'failed', error: { name: 'Run.Timeout' } });
  });

  it.concurrent('end a run that waits', async () => {
    const result = await run([{ id: 'pause', action: 'delay', delayMs: 3_600_000 }], { timeoutMs: 2_600 });
    expect(result).toMatchObject({ status: 'failed', error: { name: 'Run.Timeout' } });
  });

  it.concurrent('end a generate call with 504', async () => {
    const request = { prompt: '[[stuck-generate]]', provider: 'stuck-generate', maxTokens: 9, timeoutMs: 300 };
    const answer = await installation.api.post('/api/ai/generate', request);
    expect(answer.status).toBe(504);
    expect(answer.body).toMatchObject({ code: 'run-failed', error: { name: 'Run.Timeout' } });
  });
});
