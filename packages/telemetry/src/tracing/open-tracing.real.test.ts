import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../test/support/free-port.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../../../../test/support/otlp-receiver.ts';
import { claimedRun } from '../testing/runs.ts';
import { openTracing, type Tracing } from './open-tracing.ts';
import type { TracingSettings } from './tracing-settings.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

async function open(patch: Partial<TracingSettings> = {}): Promise<{ readonly tracing: Tracing; readonly problems: object[] }> {
  const problems: object[] = [];
  const tracing = await openTracing({
    settings: {
      endpoint: `${receiver.url}/v1/traces`,
      protocol: 'http/json',
      headers: {},
      compression: 'none',
      timeoutMs: 2_000,
      resourceAttributes: {},
      sampler: { name: 'parentbased_always_on', ratio: 1 },
      batch: { delayMs: 20, maxQueueSize: 100, maxBatchSize: 50 },
      ...patch,
    },
    process: 'worker',
    instanceId: 'w-1',
    providerNameOf: (id) => id,
    warn: (facts) => problems.push(facts),
  });
  return { tracing, problems };
}

/** One span with a name that can be found in any encoding. */
function makeSpan({ runs }: Tracing): void {
  runs.leaseStarted(claimedRun({ traceparent, workflowName: 'find-me' })).ended({ outcome: 'finished', status: 'completed' });
}

describe('openTracing', () => {
  it('sends spans by itself, with who sends them', async () => {
    const { tracing } = await open({ resourceAttributes: { 'deployment.environment.name': 'test' } });
    makeSpan(tracing);
    await expect.poll(() => receiver.spans().length, { timeout: 10_000 }).toBe(1);
    expect(receiver.exports()[0]?.path).toBe('/v1/traces');
    expect(receiver.spans()[0]).toMatchObject({
      name: 'run',
      kind: 'consumer',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      parentSpanId: '00f067aa0ba902b7',
      attributes: { 'orchestrator.workflow.name': 'find-me' },
      resource: {
        'service.name': 'multi-ai-orchestrator-worker',
        'service.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
        'service.instance.id': 'w-1',
        'process.pid': process.pid,
        'deployment.environment.name': 'test',
        'telemetry.sdk.language': 'nodejs',
      },
    });
    await tracing.close(5_000);
  });

  it('sends what is left when it is closed', async () => {
    const { tracing } = await open({ batch: { delayMs: 600_000, maxQueueSize: 100, maxBatchSize: 50 } });
    makeSpan(tracing);
    await tracing.close(5_000);
    expect(receiver.spans()).toHaveLength(1);
  });

  it('speaks protobuf too, compressed, with headers', async () => {
    const { tracing } = await open({ protocol: 'http/protobuf', compression: 'gzip', headers: { authorization: 'Bearer x' } });
    makeSpan(tracing);
    await tracing.close(5_000);
    const [first] = receiver.exports();
    expect(first?.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
      authorization: 'Bearer x',
    });
    expect(first?.body.includes(Buffer.from('find-me'))).toBe(true);
    expect(first?.body.includes(Buffer.from('4bf92f3577b34da6a3ce929d0e0e4736', 'hex'))).toBe(true);
  });

  it('lets the service name win over the resource attributes', async () => {
    const { tracing } = await open({ serviceName: 'jobs', resourceAttributes: { 'service.name': 'other', 'host.name': 'here' } });
    makeSpan(tracing);
    await tracing.close(5_000);
    expect(receiver.spans()[0]?.resource).toMatchObject({ 'service.name': 'jobs', 'host.name': 'here' });
  });

  it('tells of a collector that refuses, without the headers', async () => {
    receiver.setStatus(400);
    const { tracing, problems } = await open({ headers: { authorization: 'hunter2' } });
    makeSpan(tracing);
    await expect.poll(() => problems.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(problems[0]).toMatchObject({ error: { name: 'OTLPExporterError', message: 'Bad Request' } });
    expect(inspect(problems, { depth: 10 })).not.toContain('hunter2');
    await tracing.close(5_000);
  });

  it('does not keep a process that stops from stopping when the collector is away', async () => {
    const { tracing } = await open({ endpoint: `http://127.0.0.1:${await freePort()}/v1/traces`, timeoutMs: 60_000 });
    makeSpan(tracing);
    const startedAt = performance.now();
    await tracing.close(200);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
