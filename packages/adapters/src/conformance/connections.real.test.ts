import { describe, expect, it } from 'vitest';
import { callOptions, readStream } from '../testing/calls.ts';
import { useBench, vendors } from '../testing/conformance.ts';

const bench = useBench();
const warmUpCalls = 3;
const request = { prompt: 'Say hello', maxTokens: 50 };

describe.each(vendors)('%s connections', (_id, vendor) => {
  it('sends calls that follow each other over one socket', async () => {
    const adapter = bench.connect(vendor);
    // The pool opens a second one when it hasn't yet noticed the end of the first call.
    for (let call = 0; call < warmUpCalls; call++) await adapter.generate(request, callOptions());
    const before = bench.upstream.connections();
    for (let call = 0; call < 10; call++) await adapter.generate(request, callOptions());
    expect(bench.upstream.connections()).toBe(before);
  });

  it('sends streams that follow each other over one socket', async () => {
    const adapter = bench.connect(vendor);
    for (let call = 0; call < warmUpCalls; call++) await readStream(adapter.stream(request, callOptions()));
    const before = bench.upstream.connections();
    for (let call = 0; call < 10; call++) await readStream(adapter.stream(request, callOptions()));
    // A stream may be answered in full before its socket is back in the pool.
    expect(bench.upstream.connections() - before).toBeLessThanOrEqual(1);
  });

  it('reports health without a model call', async () => {
    expect(await bench.connect(vendor).healthCheck()).toMatchObject({ status: 'healthy' });
    expect(bench.upstream.summary().calls).toBe(0);
    const down = await bench.adapterAt(vendor, 'http://no-such-host.invalid').healthCheck();
    expect(down).toMatchObject({ status: 'unhealthy' });
    expect(down.reason).toMatch(/ENOTFOUND|EAI_AGAIN/);
    const keyless = await vendor.provider.createAdapter({}).healthCheck();
    // The custom endpoint needs no key, and its own address doesn't exist.
    expect(keyless.reason).toMatch(vendor.provider.requiresKey === false ? /ENOTFOUND|EAI_AGAIN/ : /_API_KEY/);
  });

  it('reports the limits that the vendor states', async () => {
    const adapter = bench.connect(vendor);
    expect(await adapter.getRateLimits()).toMatchObject({ requestLimit: null, observedAtMs: null });
    await adapter.generate(request, callOptions());
    const limits = await adapter.getRateLimits();
    if (vendor.traits.reportsLimits) expect(limits).toMatchObject({ requestLimit: 5000, requestsRemaining: 4999 });
    else expect(limits.requestLimit).toBeNull();
  });
});
