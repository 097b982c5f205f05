import { type Attributes, type Context, type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { type StepRecord, usdFromNanoUsd } from '@orchestrator/contracts';
import { own, semconv } from './semconv.ts';
import { contextUnder } from './span-context.ts';

const endedStatuses: ReadonlySet<string> = new Set(['completed', 'failed', 'skipped', 'cancelled']);

function progressAttributes(step: StepRecord): Attributes {
  return {
    [own.stepStatus]: step.status,
    [own.stepAttempts]: step.attempts.length,
    [own.costUsd]: usdFromNanoUsd(step.costNanoUsd),
  };
}

interface OpenStep {
  readonly span: Span;
  latest: StepRecord;
}

/**
 * Spans `step <id>` of one lease. One begins when its step does, or when the lease finds the step under way, and ends with the step
 * or with the lease, whichever comes first.
 */
export class StepSpans {
  readonly #tracer: Tracer;
  readonly #run: Context;
  readonly #open = new Map<string, OpenStep>();

  constructor(tracer: Tracer, run: Context) {
    this.#tracer = tracer;
    this.#run = run;
  }

  stepChanged(step: StepRecord): void {
    const open = this.#open.get(step.path) ?? this.#start(step);
    open.latest = step;
    if (endedStatuses.has(step.status)) this.#end(open);
  }

  /** For spans of what a step does. */
  contextOf(path: string): Context {
    const open = this.#open.get(path);
    return open === undefined ? this.#run : contextUnder(open.span);
  }

  /** The lease is over: steps that wait or were in mid-call go on in another one. */
  end(): void {
    for (const open of [...this.#open.values()]) this.#end(open);
  }

  #start(step: StepRecord): OpenStep {
    const attributes = { [own.stepId]: step.path, [own.stepAction]: step.action, [own.stepVisit]: step.visit };
    const open = { span: this.#tracer.startSpan(`step ${step.path}`, { attributes }, this.#run), latest: step };
    this.#open.set(step.path, open);
    return open;
  }

  #end({ span, latest }: OpenStep): void {
    this.#open.delete(latest.path);
    span.setAttributes(progressAttributes(latest));
    if (latest.status === 'failed') {
      span.setAttribute(semconv.errorType, latest.error?.name ?? 'other');
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }
}
