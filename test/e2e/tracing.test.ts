import type { GenerateResponse, RunResponse } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { callInFlight, callsOf } from './support/ledger.ts';
import { newClientSpan, traceWhen, tracingVariables, treeOf } from './support/traces.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

/** The request was answered, and so many leases have ended. */
const hasLeases = (count: number) => (spans: readonly ReceivedSpan[]) =>
  spans.filter(({ name }) => name === 'run').length >= count && spans.some(({ kind }) => kind === 'server');

const named = (spans: readonly ReceivedSpan[], name: string) => spans.filter((span) => span.name === name);

describe.each(backends())('a trace with the queue on %s', (backend) => {
  let receiver: OtlpReceiver;
  let installation: Installation;
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    installation = await startInstallation({
      backend,
      keysOf: 'all',
      script: {
        rules: [
          { promptIncludes: '[[once', times: 1, fault: { type: 'status', status: 503 } },
          { promptIncludes: '[[down', provider: 'openai', fault: { type: 'status', status: 503 } },
          { promptIncludes: '[[held', times: 1, fault: { type: 'hang', at: 'before-headers' } },
        ],
      },
      workers: 2,
      env: { ...tracingVariables(receiver), ORCHESTRATOR_LEASE_MS: '2000' },
    });
  });
  afterAll(async () => {
    await installation?.dispose();
    await receiver?.close();
  });

  it('leads from the client’s header to the provider calls', async () => {
    const client = newClientSpan();
    const steps = [ask('first', 'one'), { id: 'pause', action: 'delay', delayMs: 20 }, ask('second', 'two')];
    const headers = { traceparent: client.traceparent, tracestate: 'shop=1', 'x-request-id': 'trace-1' };
    const answer = await installation.api.post('/api/workflows/run', { workflow: workflow(steps) }, headers);
    const { runId, totalCostUSD } = answer.body as RunResponse;
    const spans = await traceWhen(receiver, client.traceId, hasLeases(1));
    expect(treeOf(spans, client.spanId)).toEqual([
      'server POST /api/workflows/run',
      '  producer run.submit',
      '    consumer run',
      '      internal step first',
      '        client chat gpt-4o-mini',
      '      internal step pause',
      '      internal step second',
      '        client chat gpt-4o-mini',
    ]);
    expect(new Set(spans.map(({ resource }) => resource['service.name']))).toEqual(
      new Set(['multi-ai-orchestrator-api', 'multi-ai-orchestrator-worker']),
    );
    const [server] = named(spans, 'POST /api/workflows/run');
    expect(server).toMatchObject({
      traceState: 'shop=1',
      attributes: { 'http.response.status_code': 200, 'orchestrator.request.id': 'trace-1' },
    });
    expect(answer.headers.get('traceparent')).toBe(`00-${client.traceId}-${server?.spanId}-01`);
    expect(named(spans, 'run')[0]?.attributes).toMatchObject({
      'orchestrator.run.id': runId,
      'orchestrator.run.kind': 'workflow',
      'orchestrator.run.epoch': 1,
      'orchestrator.run.status': 'completed',
      'orchestrator.run.is_takeover': false,
      'orchestrator.cost_usd': totalCostUSD,
      'orchestrator.workflow.name': 'test',
      'orchestrator.request.id': 'trace-1',
    });
    const [call] = named(spans, 'chat gpt-4o-mini');
    const [charged] = callsOf(installation.upstream, 'one');
    expect(call?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': expect.any(Number),
      'orchestrator.cost_usd': (charged?.chargedNanoUsd ?? 0) / 1e9,
    });
    expect(spans.some(({ isError }) => isError)).toBe(false);
    // The collector hears nothing of what was said, and of no keys.
    const told = receiver.exports().map(({ body }) => body.toString());
    expect(told.some((text) => text.includes(runId))).toBe(true);
    for (const secret of ['Say something', '[[one]]', 'sk-test']) expect(told.some((text) => text.includes(secret))).toBe(false);
  });

  it('starts at the API when the client sends none, or nonsense', async () => {
    const own = await installation.api.post('/api/ai/generate', { prompt: '[[own]] Hi', model: 'gpt-4o-mini', maxTokens: 20 });
    const [, traceId = '', spanId] = (own.headers.get('traceparent') ?? '').split('-');
    const spans = await traceWhen(receiver, traceId, hasLeases(1));
    expect(treeOf(spans, undefined)).toEqual([
      'server POST /api/ai/generate',
      '  producer run.submit',
      '    consumer run',
      '      internal step generate',
      '        client chat gpt-4o-mini',
    ]);
    expect(named(spans, 'POST /api/ai/generate')[0]?.spanId).toBe(spanId);
    const { traceId: claimed } = newClientSpan();
    const malformed = await installation.api.send('GET', '/api/workflows/list', {
      headers: { traceparent: `00-${claimed.toUpperCase()}-0000000000000000-01` },
    });
    expect(malformed.status).toBe(200);
    expect(malformed.headers.get('traceparent')).not.toContain(claimed);
  });

  it('tells when the first piece of a stream came', async () => {
    const client = newClientSpan();
    const response = await fetch(`${installation.api.url}/api/ai/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: client.traceparent },
      body: JSON.stringify({ prompt: '[[streamed]] Hi', model: 'gpt-4o-mini', maxTokens: 20 }),
    });
    expect(await response.text()).toContain('event: run-completed');
    const spans = await traceWhen(receiver, client.traceId, hasLeases(1));
    expect(named(spans, 'POST /api/ai/stream')[0]?.attributes['http.response.status_code']).toBe(200);
    expect(named(spans, 'chat gpt-4o-mini')[0]?.attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
    });
  });

  it('has a span for every call of a retry and of a fallback', async () => {
    const client = newClientSpan();
    const fallbacks = [{ provider: 'anthropic' }];
    const steps = [ask('again', 'once-1', { retry: { maxAttempts: 2, delayMs: 10 } }), ask('elsewhere', 'down-1', { fallbacks })];
    const run = await installation.api.run(workflow(steps), { headers: { traceparent: client.traceparent } });
    expect(run.status).toBe('completed');
    const spans = await traceWhen(receiver, client.traceId, hasLeases(1));
    const callsUnder = (step: string) => {
      const [parent] = named(spans, `step ${step}`);
      return spans
        .filter(({ parentSpanId }) => parentSpanId === parent?.spanId)
        .map(({ attributes, isError }) => [attributes['gen_ai.provider.name'], attributes['error.type'], isError]);
    };
    const failed = ['openai', expect.stringMatching(/^Provider\./), true];
    expect(callsUnder('again')).toEqual([failed, ['openai', undefined, false]]);
    const elsewhere = callsUnder('elsewhere');
    expect(elsewhere.length).toBe(callsOf(installation.upstream, 'down-1').length);
    expect(elsewhere.slice(0, -1)).toEqual(elsewhere.slice(1).map(() => failed));
    expect(elsewhere.at(-1)).toEqual(['anthropic', undefined, false]);
    expect(named(spans, 'step elsewhere')[0]?.attributes['orchestrator.step.attempts']).toBe(elsewhere.length);
  });

  it('goes on across a delay that holds no worker', async () => {
    const client = newClientSpan();
    const steps = [{ id: 'rest', action: 'delay', delayMs: 2_500 }, ask('after', 'rested')];
    const jobId = await installation.api.submit(workflow(steps), { headers: { traceparent: client.traceparent } });
    expect(await installation.api.finished(jobId)).toMatchObject({ status: 'completed' });
    const spans = await traceWhen(receiver, client.traceId, hasLeases(2));
    const runs = named(spans, 'run').map(({ attributes }) => attributes['orchestrator.run.outcome']);
    expect(runs).toEqual(['parked', 'finished']);
    expect(named(spans, 'step rest').map(({ attributes }) => attributes['orchestrator.step.status'])).toEqual([
      'waiting',
      'completed',
    ]);
  });

  it('goes on in the worker that takes over', async () => {
    const client = newClientSpan();
    const steps = [ask('before', 'kept'), ask('caught', 'held-1')];
    const jobId = await installation.api.submit(workflow(steps), { headers: { traceparent: client.traceparent } });
    await callInFlight(installation.upstream, 'held-1');
    // What the first lease has done so far is with the collector before its worker dies.
    const first = await traceWhen(receiver, client.traceId, (spans) => named(spans, 'step before').length > 0);
    const pid = named(first, 'step before')[0]?.resource['process.pid'];
    await installation.workers.find((worker) => worker.pid === pid)?.kill('SIGKILL');
    expect(await installation.api.finished(jobId, 50_000)).toMatchObject({ status: 'completed' });
    const spans = await traceWhen(receiver, client.traceId, hasLeases(1));
    const [second] = named(spans, 'run');
    expect(second?.attributes).toMatchObject({
      'orchestrator.run.id': jobId,
      'orchestrator.run.epoch': 2,
      'orchestrator.run.is_takeover': true,
      'orchestrator.run.status': 'completed',
    });
    expect(second?.parentSpanId).toBe(named(spans, 'run.submit')[0]?.spanId);
    expect(second?.resource['process.pid']).not.toBe(pid);
    const [before] = named(spans, 'step before');
    const [caught] = named(spans, 'step caught');
    expect(caught?.parentSpanId).toBe(second?.spanId);
    expect(caught?.parentSpanId).not.toBe(before?.parentSpanId);
  });
});

describe('without being asked', () => {
  it('passes on the client’s trace, and sends and answers nothing of its own', async () => {
    const receiver = await startOtlpReceiver();
    const off = { ...tracingVariables(receiver), OTEL_SDK_DISABLED: 'true' };
    const installation = await startInstallation({ env: off });
    try {
      const client = newClientSpan();
      const answer = await installation.api.post('/api/ai/generate', { prompt: 'Hi' }, { traceparent: client.traceparent });
      expect((answer.body as GenerateResponse).success).toBe(true);
      expect(answer.headers.has('traceparent')).toBe(false);
      await installation.worker.kill('SIGTERM');
      expect(receiver.exports()).toEqual([]);
    } finally {
      await installation.dispose();
      await receiver.close();
    }
  });

  it('does not sample what the client does not', async () => {
    const receiver = await startOtlpReceiver();
    const installation = await startInstallation({ env: tracingVariables(receiver) });
    try {
      const unsampled = newClientSpan();
      const traceparent = unsampled.traceparent.replace(/01$/, '00');
      const answer = await installation.api.post('/api/ai/generate', { prompt: 'Hi' }, { traceparent });
      expect(answer.headers.get('traceparent')).toMatch(new RegExp(`^00-${unsampled.traceId}-[0-9a-f]{16}-00$`));
      const sampled = newClientSpan();
      await installation.api.post('/api/ai/generate', { prompt: 'Hi' }, { traceparent: sampled.traceparent });
      await traceWhen(receiver, sampled.traceId, hasLeases(1));
      expect(receiver.spans().some(({ traceId }) => traceId === unsampled.traceId)).toBe(false);
    } finally {
      await installation.dispose();
      await receiver.close();
    }
  });
});
