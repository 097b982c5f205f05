import { type Attributes, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { type ClaimedRun, usdFromNanoUsd } from '@orchestrator/contracts';
import { queueWaitMs } from '../queue-wait.ts';
import type { LeaseEnd, RunTelemetry } from '../run-telemetry.ts';
import { parseTraceparent } from '../trace-context/traceparent.ts';
import { startCallSpan } from './call-span.ts';
import { own, semconv } from './semconv.ts';
import { contextOf, contextUnder, remoteSpanContext } from './span-context.ts';
import { StepSpans } from './step-spans.ts';

/**
 * A lease that begins later than this after its run was accepted starts a trace of its own, with a link to the first: collectors
 * decide about a trace within minutes, and one that spans days is of no use to a reader.
 */
const sameTraceMs = 3_600_000;

function runAttributes(claimed: ClaimedRun): Attributes {
  const waitMs = queueWaitMs(claimed);
  return {
    [own.runId]: claimed.runId,
    [own.runKind]: claimed.kind,
    [own.runEpoch]: claimed.epoch,
    [own.runIsTakeover]: claimed.isTakeover,
    ...(waitMs !== null && { [own.runQueueWaitMs]: waitMs }),
    [own.requestId]: claimed.requestId,
    [own.workflowName]: claimed.workflowName,
    ...(claimed.workflowVersion !== undefined && { [own.workflowVersion]: claimed.workflowVersion }),
    ...(claimed.kind === 'workflow' && { [semconv.aiWorkflow]: claimed.workflowName }),
  };
}

function startRun(tracer: Tracer, claimed: ClaimedRun): Span {
  const options = { kind: SpanKind.CONSUMER, attributes: runAttributes(claimed) };
  const origin = parseTraceparent(claimed.traceparent);
  if (origin === undefined || claimed.nowMs - claimed.acceptedAtMs <= sameTraceMs) {
    return tracer.startSpan('run', options, contextOf(claimed.traceparent));
  }
  return tracer.startSpan('run', { ...options, links: [{ context: remoteSpanContext(origin) }] }, ROOT_CONTEXT);
}

function endRun(span: Span, { outcome, status, errorName, costNanoUsd }: LeaseEnd): void {
  span.setAttributes({
    [own.runOutcome]: outcome,
    ...(status !== undefined && { [own.runStatus]: status }),
    ...(errorName !== undefined && { [semconv.errorType]: errorName }),
    ...(costNanoUsd !== undefined && { [own.costUsd]: usdFromNanoUsd(costNanoUsd) }),
  });
  const isGood = (outcome === 'finished' || outcome === 'parked') && status !== 'failed';
  if (!isGood) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/**
 * Spans of a worker: `run` for each lease, `step <id>` in it, `chat <model>` for each model call. They hang on the `traceparent`
 * that was stored with the run, a takeover's as well.
 * @param providerNameOf - what the conventions call a provider
 */
export function createRunSpans(tracer: Tracer, providerNameOf: (providerId: string) => string): RunTelemetry {
  return {
    leaseStarted(claimed) {
      const run = startRun(tracer, claimed);
      const steps = new StepSpans(tracer, contextUnder(run));
      return {
        stepChanged: (step) => steps.stepChanged(step),
        callStarted: (call) => startCallSpan(tracer, call, providerNameOf(call.plan.provider), steps.contextOf(call.path)),
        ended(end) {
          steps.end();
          endRun(run, end);
        },
      };
    },
  };
}
