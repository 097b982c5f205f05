import type { NanoUsd } from './money.ts';
import type { StepError } from './step-error.ts';

/** A model call in the vendor-neutral form that every adapter understands. */
export interface ModelRequest {
  readonly prompt: string;
  readonly systemPrompt?: string;
  /** Upper bound of output tokens; reserved in full before the call. */
  readonly maxTokens?: number;
  /** 0 to 2. */
  readonly temperature?: number;
  /** Provider id, e.g. `openai`. Omitted: the router chooses. */
  readonly provider?: string;
  /** The vendor's model id. Omitted: the provider's default. */
  readonly model?: string;
}

/**
 * Token counts, normalised once in the adapter.
 * `inputTokens` includes cached ones, `outputTokens` includes reasoning ones.
 */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly reasoningTokens: number;
}

export const zeroUsage: TokenUsage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 };

/** Where a cost figure comes from, best first; `reserved` is the worst case booked for an attempt whose outcome was lost. */
export type CostBasis = 'reported' | 'catalogue' | 'reserved' | 'none';

export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'other';

export interface ModelResult {
  readonly content: string;
  readonly finishReason: FinishReason;
  readonly provider: string;
  /** The model id the vendor says it answered with; billing goes by it. */
  readonly model: string;
  readonly usage: TokenUsage;
  readonly costNanoUsd: NanoUsd;
  readonly costBasis: CostBasis;
  /** Parameters that were dropped because the model rejects them, and similar notes. */
  readonly warnings?: readonly string[];
}

/** The router's decision before a call: whom to ask, and the most it can cost. */
export interface ModelPlan {
  readonly provider: string;
  readonly model: string;
  readonly request: ModelRequest;
  /** Input tokens + `maxTokens` at list price; `null` when no price is known (fails closed where a budget applies). */
  readonly worstCaseNanoUsd: NanoUsd | null;
}

export type ModelPlanResult = { readonly ok: true; readonly plan: ModelPlan } | { readonly ok: false; readonly error: StepError };

/** Thrown by model calls: the vendor's failure, already classified. */
export class ModelCallError extends Error {
  override readonly name = 'ModelCallError';
  readonly error: StepError;
  /** Set when the vendor charged for the failed call (e.g. a truncated answer). */
  readonly usage: TokenUsage | undefined;
  readonly costNanoUsd: NanoUsd;
  readonly costBasis: CostBasis;

  constructor(
    error: StepError,
    options: { cause?: unknown; usage?: TokenUsage; costNanoUsd?: NanoUsd; costBasis?: CostBasis } = {},
  ) {
    super(error.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.error = error;
    this.usage = options.usage;
    this.costNanoUsd = options.costNanoUsd ?? 0;
    this.costBasis = options.costBasis ?? 'none';
  }
}
