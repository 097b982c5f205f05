import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { recordSpans, spanNamed } from '../testing/record-spans.ts';
import { parseTraceparent } from '../trace-context/traceparent.ts';
import { createRequestSpans, type RequestFacts } from './request-spans.ts';
import type { SamplerName } from './tracing-settings.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${spanId}-01`;

const facts: RequestFacts = {
  requestId: 'r-1',
  method: 'POST',
  path: '/api/ai/generate',
  httpVersion: '1.1',
  userAgent: 'test/1',
  traceparent: undefined,
  tracestate: undefined,
};

function start(sampler?: SamplerName) {
  const { tracer, spans } = recordSpans(sampler);
  return { requests: createRequestSpans(tracer), spans };
}

/** The span of one answered request. */
function answered(patch: Partial<RequestFacts>, end = { route: '/api/ai/generate', status: 200, isGone: false }) {
  const { requests, spans } = start();
  requests.startRequest({ ...facts, ...patch }).end(end);
  const [span] = spans();
  if (span === undefined) throw new Error('no span');
  return span;
}

describe('the span of a request', () => {
  it('is named after its route and follows the conventions', () => {
    const span = answered({});
    expect(span).toMatchObject({ name: 'POST /api/ai/generate', kind: SpanKind.SERVER, status: { code: SpanStatusCode.UNSET } });
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/api/ai/generate',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'url.path': '/api/ai/generate',
      'network.protocol.version': '1.1',
      'user_agent.original': 'test/1',
      'orchestrator.request.id': 'r-1',
    });
  });

  it('continues the client’s trace, tracestate included', () => {
    const span = answered({ traceparent, tracestate: 'congo=t61rcWkgMzE, rojo=00f067aa0ba902b7' });
    expect(span.spanContext().traceId).toBe(traceId);
    expect(span.parentSpanContext).toMatchObject({ spanId, isRemote: true });
    expect(span.spanContext().traceState?.serialize()).toBe('congo=t61rcWkgMzE,rojo=00f067aa0ba902b7');
  });

  it.each([
    ['a malformed traceparent', { traceparent: `00-${traceId.toUpperCase()}-${spanId}-01` }],
    ['a tracestate alone', { tracestate: 'congo=1' }],
    ['nothing', {}],
  ])('starts a trace with %s', (_, patch) => {
    const span = answered(patch);
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.spanContext().traceId).not.toBe(traceId);
    expect(span.spanContext().traceState).toBeUndefined();
  });

  it('keeps within the limits of tracestate', () => {
    const stateOf = (tracestate: string) => answered({ traceparent, tracestate }).spanContext().traceState?.serialize();
    expect(stateOf('congo=1,=2,Upper=3,a,congo=4')).toBe('congo=1');
    const members = Array.from({ length: 40 }, (_, index) => `k${index}=1`);
    expect(stateOf(members.join(','))?.split(',').toSorted()).toEqual(members.slice(0, 32).toSorted());
    expect(stateOf(`a=${'x'.repeat(250)},b=${'y'.repeat(250)},c=1`)).toMatch(/^a=x+,b=y+,c=1$/);
    expect(stateOf(`a=${'x'.repeat(250)},b=${'y'.repeat(250)},c=12345678`)).toBe('');
  });

  it('has the bare method as its name when no route takes it', () => {
    const { requests, spans } = start();
    requests.startRequest({ ...facts, method: 'PROPFIND' }).end({ route: undefined, status: 404, isGone: false });
    expect(spans()[0]).toMatchObject({
      name: 'HTTP',
      attributes: {
        'http.request.method': '_OTHER',
        'http.request.method_original': 'PROPFIND',
        'http.response.status_code': 404,
      },
    });
    expect(spans()[0]?.attributes).not.toHaveProperty('http.route');
  });

  it('is an error from status 500 on', () => {
    const at = (status: number) => answered({}, { route: '/x', status, isGone: false });
    expect(at(499).status.code).toBe(SpanStatusCode.UNSET);
    expect(at(503)).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': '503' } });
  });

  it('has no status when the client left', () => {
    const { attributes } = answered({}, { route: '/x', status: 499, isGone: true });
    expect(attributes).toMatchObject({ 'orchestrator.client.gone': true });
    expect(attributes).not.toHaveProperty('http.response.status_code');
  });
});

describe('the span of a submit', () => {
  const submit = { runId: 'run-1', kind: 'generate', workflowName: 'generate' };

  it('hangs on the request and is what the run is stored with', () => {
    const { requests, spans } = start();
    const request = requests.startRequest({ ...facts, traceparent });
    const submitted = requests.startSubmit({ ...submit, traceparent: request.traceparent });
    submitted.accepted('duplicate', 'run-0');
    request.end({ route: '/x', status: 200, isGone: false });
    const span = spanNamed(spans(), 'run.submit');
    expect(span).toMatchObject({
      kind: SpanKind.PRODUCER,
      parentSpanContext: { traceId, spanId: spanNamed(spans(), 'POST /x').spanContext().spanId },
      attributes: { 'orchestrator.run.id': 'run-0', 'orchestrator.submit.status': 'duplicate' },
    });
    expect(parseTraceparent(submitted.traceparent)).toEqual({ traceId, spanId: span.spanContext().spanId, flags: 1 });
  });

  it('is an error when the run could not be accepted', () => {
    const { requests, spans } = start();
    requests.startSubmit({ ...submit, traceparent: undefined }).failed();
    expect(spans()[0]?.status.code).toBe(SpanStatusCode.ERROR);
  });
});

it.each<[SamplerName, string, number]>([
  ['parentbased_always_on', '01', 1],
  ['parentbased_always_on', '00', 0],
  ['parentbased_traceidratio', '01', 1],
  ['parentbased_always_off', '01', 1],
  ['always_on', '00', 1],
  ['always_off', '01', 0],
])('passes on what %s decides for flags %s', (sampler, flags, expected) => {
  const { requests, spans } = start(sampler);
  const request = requests.startRequest({ ...facts, traceparent: `00-${traceId}-${spanId}-${flags}` });
  request.end({ route: '/x', status: 200, isGone: false });
  expect(parseTraceparent(request.traceparent)).toMatchObject({ traceId, flags: expected });
  expect(spans()).toHaveLength(expected);
});
