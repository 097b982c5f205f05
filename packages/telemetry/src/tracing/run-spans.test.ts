import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ModelCallError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { recordSpans, spanNamed } from '../testing/record-spans.ts';
import { claimedRun, modelPlan, modelResult, stepRecord } from '../testing/runs.ts';
import { createRunSpans } from './run-spans.ts';
import type { SamplerName } from './tracing-settings.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${spanId}-01`;
const hourMs = 3_600_000;

function start(sampler?: SamplerName) {
  const { tracer, spans } = recordSpans(sampler);
  return { runs: createRunSpans(tracer, (id) => (id === 'acme' ? 'acme.corp' : id)), spans };
}

describe('the span of a lease', () => {
  it('hangs on the stored traceparent and says what became of the run', () => {
    const { runs, spans } = start();
    runs.leaseStarted(claimedRun({ traceparent })).ended({ outcome: 'finished', status: 'completed', costNanoUsd: 2_500_000 });
    expect(spans()[0]).toMatchObject({
      name: 'run',
      kind: SpanKind.CONSUMER,
      parentSpanContext: { traceId, spanId, isRemote: true },
      links: [],
      status: { code: SpanStatusCode.UNSET },
    });
    expect(spans()[0]?.attributes).toEqual({
      'orchestrator.run.id': 'run-1',
      'orchestrator.run.kind': 'workflow',
      'orchestrator.run.epoch': 1,
      'orchestrator.run.is_takeover': false,
      'orchestrator.run.queue_wait_ms': 40,
      'orchestrator.request.id': 'request-1',
      'orchestrator.workflow.name': 'blog',
      'orchestrator.workflow.version': 3,
      'gen_ai.workflow.name': 'blog',
      'orchestrator.run.outcome': 'finished',
      'orchestrator.run.status': 'completed',
      'orchestrator.cost_usd': 0.0025,
    });
  });

  it('is in the same trace after a takeover', () => {
    const { runs, spans } = start();
    const claimed = claimedRun({ traceparent });
    runs.leaseStarted({ ...claimed, epoch: 2, isTakeover: true, nowMs: claimed.nowMs + 8_000 }).ended({ outcome: 'lost' });
    expect(spans()[0]).toMatchObject({ parentSpanContext: { traceId, spanId }, status: { code: SpanStatusCode.ERROR } });
    expect(spans()[0]?.attributes).toMatchObject({ 'orchestrator.run.is_takeover': true, 'orchestrator.run.outcome': 'lost' });
    expect(spans()[0]?.attributes).not.toHaveProperty('orchestrator.run.queue_wait_ms');
  });

  it('starts a trace with a link when the run has waited long', () => {
    const { runs, spans } = start();
    const claimed = claimedRun({ traceparent });
    const lease = runs.leaseStarted({ ...claimed, epoch: 2, nowMs: claimed.acceptedAtMs + hourMs + 1 });
    lease.stepChanged(stepRecord({ status: 'completed' }));
    lease.ended({ outcome: 'finished', status: 'completed' });
    const run = spanNamed(spans(), 'run');
    expect(run.parentSpanContext).toBeUndefined();
    expect(run.spanContext().traceId).not.toBe(traceId);
    expect(run.links).toMatchObject([{ context: { traceId, spanId } }]);
    expect(spanNamed(spans(), 'step write').spanContext().traceId).toBe(run.spanContext().traceId);
  });

  it.each<[SamplerName, string, number]>([
    ['parentbased_always_on', '00', 0],
    ['parentbased_always_off', '01', 1],
    ['parentbased_traceidratio', '01', 1],
    ['always_on', '00', 1],
    ['always_off', '01', 0],
  ])('is recorded after a long wait as the first trace was: %s, flags %s', (sampler, flags, expected) => {
    const { runs, spans } = start(sampler);
    const claimed = claimedRun({ traceparent: `00-${traceId}-${spanId}-${flags}` });
    runs.leaseStarted({ ...claimed, nowMs: claimed.acceptedAtMs + hourMs + 1 }).ended({ outcome: 'parked', status: 'waiting' });
    expect(spans()).toHaveLength(expected);
  });

  it('starts a trace when none is stored', () => {
    const { runs, spans } = start();
    runs.leaseStarted(claimedRun({ kind: 'generate' })).ended({ outcome: 'parked', status: 'waiting_approval' });
    expect(spans()[0]?.parentSpanContext).toBeUndefined();
    expect(spans()[0]?.status.code).toBe(SpanStatusCode.UNSET);
    expect(spans()[0]?.attributes).not.toHaveProperty('gen_ai.workflow.name');
  });

  it.each([
    [{ outcome: 'finished', status: 'failed', errorName: 'Budget.Exceeded' }, 'Budget.Exceeded'],
    [{ outcome: 'failed' }, undefined],
  ] as const)('is an error after %o', (end, errorType) => {
    const { runs, spans } = start();
    runs.leaseStarted(claimedRun()).ended(end);
    expect(spans()[0]?.status.code).toBe(SpanStatusCode.ERROR);
    expect(spans()[0]?.attributes['error.type']).toBe(errorType);
  });
});

describe('the span of a step', () => {
  it('lasts from its first record to its last', () => {
    const { runs, spans } = start();
    const lease = runs.leaseStarted(claimedRun({ traceparent }));
    lease.stepChanged(stepRecord());
    lease.stepChanged(stepRecord({ status: 'retry_wait' }));
    lease.stepChanged(stepRecord({ status: 'running' }));
    expect(spans()).toHaveLength(0);
    lease.stepChanged(stepRecord({ status: 'completed', costNanoUsd: 1_000_000 }));
    lease.ended({ outcome: 'finished', status: 'completed' });
    const step = spanNamed(spans(), 'step write');
    expect(step.parentSpanContext?.spanId).toBe(spanNamed(spans(), 'run').spanContext().spanId);
    expect(step.attributes).toEqual({
      'orchestrator.step.id': 'write',
      'orchestrator.step.action': 'generate',
      'orchestrator.step.visit': 1,
      'orchestrator.step.status': 'completed',
      'orchestrator.step.attempts': 0,
      'orchestrator.cost_usd': 0.001,
    });
  });

  it('ends with the lease when the step goes on in another one', () => {
    const { runs, spans } = start();
    const lease = runs.leaseStarted(claimedRun());
    lease.stepChanged(stepRecord({ path: 'rest', action: 'delay', status: 'waiting' }));
    lease.ended({ outcome: 'parked', status: 'waiting' });
    expect(spanNamed(spans(), 'step rest').attributes).toMatchObject({ 'orchestrator.step.status': 'waiting' });
  });

  it('is there for a step that never ran', () => {
    const { runs, spans } = start();
    const lease = runs.leaseStarted(claimedRun());
    lease.stepChanged(stepRecord({ status: 'skipped' }));
    lease.stepChanged(
      stepRecord({
        path: 'broken',
        status: 'failed',
        error: { name: 'Step.TemplateError', message: 'prompt-text', retryable: false },
      }),
    );
    lease.ended({ outcome: 'finished', status: 'failed' });
    expect(spanNamed(spans(), 'step write').attributes).toMatchObject({ 'orchestrator.step.status': 'skipped' });
    const broken = spanNamed(spans(), 'step broken');
    expect(broken.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(broken.attributes).toMatchObject({ 'error.type': 'Step.TemplateError' });
  });
});

describe('the span of a model call', () => {
  const call = { path: 'write', attempt: 2, plan: modelPlan(), isStreamed: false };

  function callIn(work: (lease: ReturnType<ReturnType<typeof createRunSpans>['leaseStarted']>) => void) {
    const { runs, spans } = start();
    const lease = runs.leaseStarted(claimedRun({ traceparent }));
    lease.stepChanged(stepRecord());
    work(lease);
    lease.stepChanged(stepRecord({ status: 'completed' }));
    lease.ended({ outcome: 'finished', status: 'completed' });
    return { span: spanNamed(spans(), 'chat acme-1'), spans: spans() };
  }

  it('follows the conventions for generative AI', () => {
    const { span, spans } = callIn((lease) => lease.callStarted(call).succeeded(modelResult));
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.parentSpanContext?.spanId).toBe(spanNamed(spans, 'step write').spanContext().spanId);
    expect(span.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'acme.corp',
      'gen_ai.request.model': 'acme-1',
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.seed': 7,
      'gen_ai.output.type': 'json',
      'gen_ai.response.model': 'acme-1-2026-01-01',
      'gen_ai.response.finish_reasons': ['length'],
      'gen_ai.usage.input_tokens': 20,
      'gen_ai.usage.output_tokens': 30,
      'gen_ai.usage.cache_read.input_tokens': 5,
      'gen_ai.usage.reasoning.output_tokens': 12,
      'orchestrator.step.attempt': 2,
      'orchestrator.cost_usd': 0.0025,
      'orchestrator.cost_basis': 'catalogue',
    });
  });

  it('tells when the first piece came', () => {
    const { span } = callIn((lease) => {
      const told = lease.callStarted({ ...call, isStreamed: true });
      told.firstToken();
      told.succeeded(modelResult);
    });
    expect(span.attributes['gen_ai.request.stream']).toBe(true);
    expect(span.attributes['gen_ai.response.time_to_first_chunk']).toEqual(expect.any(Number));
  });

  it('names the error and books the worst case when the charge is unknown', () => {
    const error = new ModelCallError(
      { name: 'Provider.Overloaded', message: 'we read: prompt-text', retryable: true, status: 503 },
      { costBasis: 'reserved' },
    );
    const { span } = callIn((lease) => lease.callStarted(call).failed(error));
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span.attributes).toMatchObject({
      'error.type': 'Provider.Overloaded',
      'http.response.status_code': 503,
      'orchestrator.cost_usd': 0.009,
      'orchestrator.cost_basis': 'reserved',
    });
  });

  it('says so when nothing was sent', () => {
    const held = { name: 'Provider.RateLimited', message: 'held', retryable: true, isLocal: true } as const;
    const { span } = callIn((lease) => lease.callStarted(call).failed(new ModelCallError(held)));
    expect(span.attributes).toMatchObject({ 'orchestrator.call.was_sent': false, 'orchestrator.cost_usd': 0 });
  });

  it('survives what is no error at all', () => {
    const { span } = callIn((lease) => lease.callStarted(call).failed('prompt-text'));
    expect(span.attributes).toMatchObject({ 'error.type': 'other', 'orchestrator.cost_basis': 'reserved' });
  });
});

it('says nothing of prompts, answers and messages', () => {
  const { runs, spans } = start();
  const error = { name: 'Provider.InvalidRequest', message: 'error-text', retryable: false } as const;
  const lease = runs.leaseStarted(claimedRun());
  lease.stepChanged(stepRecord());
  lease.callStarted({ path: 'write', attempt: 1, plan: modelPlan(), isStreamed: false }).failed(new ModelCallError(error));
  lease.callStarted({ path: 'write', attempt: 2, plan: modelPlan(), isStreamed: false }).succeeded(modelResult);
  lease.stepChanged(stepRecord({ status: 'failed', output: 'output-text', error }));
  lease.ended({ outcome: 'finished', status: 'failed', errorName: error.name });
  const told = JSON.stringify(spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })));
  expect(told).toContain('acme-1');
  expect(told.match(/[a-z]+-text/g)).toBeNull();
});
