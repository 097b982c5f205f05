import type {
  Capability,
  Fallback,
  ModelMessage,
  ReasoningEffort,
  ResponseFormat,
  RoutingStrategy,
  ToolCall,
  ToolChoice,
  ToolDefinition,
} from './model-request.ts';
import type { NanoUsd } from './money.ts';
import type { StepError } from './step-error.ts';

/** A model call in the vendor-neutral form that every adapter understands. */
export interface ModelRequest {
  /** One user message; with `messages` it comes after them. At least one of the two is given. */
  readonly prompt?: string;
  readonly systemPrompt?: string;
  readonly messages?: readonly ModelMessage[];
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly responseFormat?: ResponseFormat;
  readonly reasoningEffort?: ReasoningEffort;
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** 0 to 1. */
  readonly topP?: number;
  /** Upper bound of output tokens; reserved in full before the call. */
  readonly maxTokens?: number;
  /** 0 to 2. */
  readonly temperature?: number;
  /** Provider id, e.g. `openai`. Omitted: the router chooses. */
  readonly provider?: string;
  /** The vendor's model id. Omitted: the provider's default. */
  readonly model?: string;
  /** Omitted: the router's own strategy. */
  readonly routing?: RoutingStrategy;
  readonly requires?: readonly Capability[];
  /** Tried in this order after the first choice. */
  readonly fallbacks?: readonly Fallback[];
}

/**
 * Token counts, normalised once in the adapter.
 * `inputTokens` includes tokens read from and written to the vendor's cache, `outputTokens` includes reasoning ones.
 */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Read from the vendor's cache. */
  readonly cachedInputTokens: number;
  /** Written to the vendor's cache. */
  readonly cacheWriteInputTokens: number;
  readonly reasoningTokens: number;
}

export const zeroUsage: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  reasoningTokens: 0,
};

/**
 * Where a cost figure comes from, best first: the vendor's own bill, our catalogue, the offline price library.
 * `reserved` is the worst case booked for an attempt whose outcome was lost.
 */
export type CostBasis = 'reported' | 'catalogue' | 'price-library' | 'reserved' | 'none';

export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'other';

/** A source that the answer rests on. */
export interface Citation {
  readonly url: string;
  readonly title?: string;
}

/** A piece of a streamed answer. The pieces of a tool call are put together by `index`. */
export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | {
      readonly type: 'tool-call';
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly argumentsDelta: string;
    };

export interface ModelResult {
  readonly content: string;
  /** The model's own account of its thinking, where the vendor shows it. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCall[];
  readonly citations?: readonly Citation[];
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

/** A model that could serve a request, as the router saw it. */
export interface RoutingCandidate {
  readonly provider: string;
  readonly model: string;
  /** What this request will probably cost; `null` where no price is known. */
  readonly expectedCostUSD: number | null;
  /** Typical time to a complete answer: live where it was measured, else the catalogue's. */
  readonly latencyMs: number;
}

export const rejectionCodes = [
  'unknown-provider',
  'unknown-model',
  'not-configured',
  'missing-capability',
  'max-tokens',
  'context-length',
  'circuit-open',
  'cooling-down',
  'rate-limited',
  'retry-budget-spent',
  'failed-before',
  'not-chosen',
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

/** Why a provider or model was not asked. */
export interface RoutingRejection {
  readonly provider: string;
  readonly model?: string;
  readonly code: RejectionCode;
  /** A sentence. */
  readonly reason: string;
}

/** Why a call went where it went. Stored with the call's audit entry. */
export interface RoutingDecision {
  readonly strategy: RoutingStrategy;
  readonly provider: string;
  readonly model: string;
  /** A sentence: why this one. */
  readonly reason: string;
  /** All that could have served the request, in the order of preference, the chosen one included. */
  readonly candidates: readonly RoutingCandidate[];
  readonly rejected: readonly RoutingRejection[];
}

/** The router's decision before a call: whom to ask, and the most it can cost. */
export interface ModelPlan {
  readonly provider: string;
  readonly model: string;
  readonly request: ModelRequest;
  /** Input tokens + `maxTokens` at list price; `null` when no price is known (fails closed where a budget applies). */
  readonly worstCaseNanoUsd: NanoUsd | null;
  readonly routing?: RoutingDecision;
  /** The router asks to wait this long before the call. */
  readonly delayMs?: number;
  /** The same vendor gets the same call again: it counts against the retry budget of that provider. */
  readonly isRepeat?: boolean;
  /** Called although the vendor told an earlier call to wait: the step's own retry policy says when. */
  readonly ignoresCoolDowns?: boolean;
  /** Set when `worstCaseNanoUsd` is over the threshold, or unknown: somebody has to agree before the call. */
  readonly approval?: { readonly thresholdUSD: number };
}

/** A call of the same try that came to nothing; the router goes on from there. */
export interface PreviousCall {
  readonly provider: string;
  readonly model: string;
  readonly error: StepError;
}

/**
 * `isExhausted`: no further call would help this try, so its last error stands. `heldBack`, with a local error: the costliest of
 * the calls that are held back now. A worker that was lost a moment ago may have made it, and its books are closed by that.
 */
export type ModelPlanResult =
  | { readonly ok: true; readonly plan: ModelPlan }
  | {
      readonly ok: false;
      readonly error: StepError;
      readonly isExhausted?: boolean;
      readonly heldBack?: Pick<ModelPlan, 'provider' | 'model' | 'worstCaseNanoUsd'>;
    };

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
