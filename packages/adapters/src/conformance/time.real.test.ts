import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { StreamOutcome, StreamPart } from '../contract.ts';
import { callOptions, failureOf, readStream } from '../testing/calls.ts';
import { useBench, vendors } from '../testing/conformance.ts';

const bench = useBench();
const request = { prompt: 'Tell a story [[t1]]', maxTokens: 50 };
const shortMs = 200;
/** A hundredth of that on an idle machine; a busy one must not fail the test. */
const socketClosesWithinMs = 1_000;

/** Milliseconds from `sinceMs` (Unix) to the end of the call at the upstream. */
async function closedAfter(sinceMs: number): Promise<number> {
  await vi.waitFor(() => expect(bench.entry()).toMatchObject({ isClientGone: true }), { interval: 5 });
  const { atMs, closedAfterMs } = bench.entry();
  return atMs + (closedAfterMs ?? 0) - sinceMs;
}

describe.each(vendors)('%s in time', (_id, vendor) => {
  // The first call of a process takes longer than the limits here.
  beforeAll(async () => {
    await bench.connect(vendor).generate(request, callOptions());
    bench.upstream.reset();
  });

  it.each([
    { type: 'hang', at: 'before-headers' },
    { type: 'hang', at: 'in-body' },
    { type: 'slow-drip', chunkBytes: 1, intervalMs: 50 },
  ] as const)('generate: %j ends with our timeout and closes the socket', async (fault) => {
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault }] });
    const call = bench.connect(vendor).generate(request, callOptions({ timeoutMs: shortMs }));
    const { error, costNanoUsd } = await failureOf(call);
    expect(error).toMatchObject({ name: 'Provider.Timeout', retryable: true });
    expect(costNanoUsd).toBe(bench.entry().chargedNanoUsd);
    await vi.waitFor(() => expect(bench.entry()).toMatchObject({ isClientGone: true }));
  });

  it.each([
    ['timeoutMs', 'before-headers', false],
    ['timeoutMs', 'in-body', true],
    ['firstTokenTimeoutMs', 'before-headers', false],
    ['firstTokenTimeoutMs', 'before-tokens', false],
    ['idleTimeoutMs', 'in-body', true],
    ['idleTimeoutMs', 'after-tokens', true],
  ] as const)('stream: %s ends a silence %s and closes the socket', async (limit, at, hasText) => {
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault: { type: 'hang', at } }] });
    const parts: StreamPart[] = [];
    const settled: StreamOutcome[] = [];
    const options = callOptions({ [limit]: shortMs, onSettled: (outcome) => settled.push(outcome) });
    const { error, costNanoUsd } = await failureOf(readStream(bench.connect(vendor).stream(request, options), parts));
    expect(error).toMatchObject({ name: 'Provider.Timeout', retryable: true });
    expect(parts.length > 0).toBe(hasText);
    expect(costNanoUsd).toBe(bench.entry().chargedNanoUsd);
    expect(settled).toMatchObject([{ ok: false }]);
    await vi.waitFor(() => expect(bench.entry()).toMatchObject({ isClientGone: true }));
  });

  it('leaves a slow stream alone that keeps its limits', async () => {
    bench.upstream.setScript({ rules: [{ fault: { type: 'slow-drip', chunkBytes: 400, intervalMs: 10 } }] });
    const options = callOptions({ firstTokenTimeoutMs: 5_000, idleTimeoutMs: 5_000 });
    expect((await readStream(bench.connect(vendor).stream(request, options))).finish?.finishReason).toBe('stop');
  });

  it.each(['before-headers', 'in-body'] as const)('generate: an abort %s closes the socket at once', async (at) => {
    bench.upstream.reset();
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault: { type: 'hang', at } }] });
    const controller = new AbortController();
    const call = failureOf(bench.connect(vendor).generate(request, callOptions({ signal: controller.signal })));
    await vi.waitFor(() => expect(bench.upstream.summary().open).toBe(1), { interval: 5 });
    const abortedAt = Date.now();
    controller.abort();
    const { error, costNanoUsd, costBasis } = await call;
    expect(error).toMatchObject({ name: 'Run.Cancelled', retryable: false });
    expect([costNanoUsd, costBasis]).toEqual([bench.entry().chargedNanoUsd, 'reserved']);
    expect(await closedAfter(abortedAt)).toBeLessThanOrEqual(socketClosesWithinMs);
  });

  it('stream: an abort in the middle is an error and closes the socket at once', async () => {
    bench.upstream.reset();
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault: { type: 'hang', at: 'in-body' } }] });
    const controller = new AbortController();
    const parts: StreamPart[] = [];
    const call = failureOf(readStream(bench.connect(vendor).stream(request, callOptions({ signal: controller.signal })), parts));
    await vi.waitFor(() => expect(parts.length).toBeGreaterThan(0), { interval: 5 });
    const abortedAt = Date.now();
    controller.abort();
    expect((await call).error.name).toBe('Run.Cancelled');
    expect(await closedAfter(abortedAt)).toBeLessThanOrEqual(socketClosesWithinMs);
  });

  it('stream: usage is booked once when the reader leaves', async () => {
    bench.upstream.setScript({ rules: [{ fault: { type: 'slow-drip', chunkBytes: 300, intervalMs: 5 } }] });
    const settled: StreamOutcome[] = [];
    const options = callOptions({ onSettled: (outcome) => settled.push(outcome) });
    for await (const part of bench.connect(vendor).stream(request, options)) {
      expect(part.type).toBe('text');
      break;
    }
    await vi.waitFor(() => expect(settled).toHaveLength(1));
    expect(settled).toMatchObject([{ ok: true, result: { costNanoUsd: bench.entry().chargedNanoUsd } }]);
    await vi.waitFor(() => expect(bench.upstream.summary().open).toBe(0));
  });

  it('stream: the worst case is booked when the reader leaves and the vendor falls silent', async () => {
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault: { type: 'hang', at: 'in-body' } }] });
    const settled: StreamOutcome[] = [];
    const options = callOptions({ idleTimeoutMs: shortMs, onSettled: (outcome) => settled.push(outcome) });
    for await (const part of bench.connect(vendor).stream(request, options)) {
      expect(part.type).toBe('text');
      break;
    }
    await vi.waitFor(() => expect(settled).toHaveLength(1));
    expect(settled).toMatchObject([{ ok: false, error: { costNanoUsd: bench.entry().chargedNanoUsd, costBasis: 'reserved' } }]);
    await vi.waitFor(() => expect(bench.entry()).toMatchObject({ isClientGone: true }));
  });
});
