import { ModelCallError, type ModelPlan, type ModelResult, type StepErrorName } from '@orchestrator/contracts';
import type { CallModelOptions, Models } from '../ports.ts';
import { stepError } from '../step-failure.ts';
import type { SeededRandom } from './seeded-random.ts';
import { VirtualRouter } from './virtual-router.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One call that reached the vendor. */
export interface UpstreamCall {
  readonly runId: string;
  readonly path: string;
  readonly atMs: number;
  readonly workerId: string;
  /** Nano-USD; 0 when the vendor refused. */
  readonly chargedNanoUsd: number;
  readonly plan: ModelPlan;
}

const failures: readonly StepErrorName[] = [
  'Provider.RateLimited',
  'Provider.Unavailable',
  'Provider.InvalidRequest',
  'Provider.Overloaded',
];

/** The vendor: charges the worst case for each answer, so that recorded and charged cost can be compared to the last digit. */
export class VirtualUpstream {
  readonly calls: UpstreamCall[] = [];
  /** Called when a call arrives, before it is answered. */
  onCall: (call: UpstreamCall) => void = () => {};
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  readonly #failureRate: () => number;

  constructor(time: VirtualTime, random: SeededRandom, failureRate: () => number) {
    this.#time = time;
    this.#random = random;
    this.#failureRate = failureRate;
  }

  /** The router as one worker sees it. */
  modelsFor(workerId: string): Models {
    const router = new VirtualRouter(this.#time, this.#random);
    return {
      plan: (request, previous, options) => router.plan(request, previous, options),
      call: (plan, options) => this.#call(workerId, router, plan, options),
    };
  }

  #call(workerId: string, router: VirtualRouter, plan: ModelPlan, options: CallModelOptions): Promise<ModelResult> {
    if (this.#random.chance(this.#failureRate() / 5)) {
      router.open(plan.provider);
      const error = stepError('Provider.RateLimited', 'held back', { isLocal: true, retryAfterMs: 500 });
      return Promise.reject(new ModelCallError(error));
    }
    const [runId = '', path = ''] = options.idempotencyKey.split('.');
    const isFailure = this.#random.chance(this.#failureRate());
    const name = this.#random.pick(failures);
    if (isFailure && this.#random.chance(0.3)) router.open(plan.provider);
    const isHanging = !isFailure && this.#random.chance(this.#failureRate() / 4);
    return new Promise((resolve, reject) => {
      this.#time.after(this.#random.between(1, 20), () => {
        if (options.signal.aborted) return;
        const chargedNanoUsd = isFailure ? 0 : (plan.worstCaseNanoUsd ?? 0);
        const call: UpstreamCall = { runId, path, atMs: this.#time.nowMs, workerId, chargedNanoUsd, plan };
        this.calls.push(call);
        this.onCall(call);
        const content = `answer to ${(plan.request.prompt ?? '').slice(0, 40)}`;
        const answerInMs = this.#random.between(5, 3_000);
        this.#tellParts(content, answerInMs, options, isFailure);
        if (isHanging) return;
        this.#time.after(answerInMs, () => {
          const retryAfterMs = this.#random.between(0, 4_000);
          if (isFailure)
            return reject(
              new ModelCallError(stepError(name, 'refused', name === 'Provider.RateLimited' ? { retryAfterMs } : {})),
            );
          const usage = {
            inputTokens: (plan.request.prompt ?? '').length,
            outputTokens: plan.request.maxTokens ?? 100,
            cachedInputTokens: 0,
            cacheWriteInputTokens: 0,
            reasoningTokens: 0,
          };
          resolve({
            content,
            finishReason: 'stop',
            provider: plan.provider,
            model: plan.model,
            usage,
            costNanoUsd: chargedNanoUsd,
            costBasis: 'catalogue',
          });
        });
      });
    });
  }

  /** The answer in pieces on the way to its end; a failure comes at any place of it. */
  #tellParts(content: string, withinMs: number, { onPart, signal }: CallModelOptions, isFailure: boolean): void {
    if (onPart === undefined) return;
    const pieces = content.match(/.{1,7}/gs) ?? [];
    const told = isFailure ? pieces.slice(0, this.#random.between(0, pieces.length)) : pieces;
    for (const [index, text] of told.entries()) {
      this.#time.after(Math.floor((withinMs * index) / pieces.length), () => {
        if (!signal.aborted) onPart({ type: 'text', text });
      });
    }
  }
}
