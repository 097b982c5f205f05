import type {
  Capability,
  CostBasis,
  FinishReason,
  ModelCallError,
  ModelRequest,
  ModelResult,
  NanoUsd,
  TokenUsage,
} from '@orchestrator/contracts';
import type { ModelRow } from './catalogue/model-row.ts';
import type { ParameterRules } from './catalogue/parameter-rules.ts';

/** What a provider needs from the configuration. An empty or absent key means "not configured". */
export interface ProviderSettings {
  readonly apiKey?: string | undefined;
  /** Replaces the vendor's own base URL: a proxy, a test server, a self-hosted endpoint. */
  readonly baseUrl?: string | undefined;
  /** Replaces the provider's default model. */
  readonly defaultModel?: string | undefined;
}

export interface CallOptions {
  /** Aborts the call; the upstream socket closes at once. */
  readonly signal: AbortSignal;
  /** Longest time for the whole attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** Streams only: longest wait for the first piece of content, in milliseconds. @defaultValue no limit of its own */
  readonly firstTokenTimeoutMs?: number;
  /** Streams only: longest silence between two events of the vendor, in milliseconds. @defaultValue no limit of its own */
  readonly idleTimeoutMs?: number;
  /**
   * Streams only: called once when a stream that was started has ended for the vendor, also after its reader left, and when it
   * was refused before it was sent. A reader that leaves without aborting is drained in the background up to the usage; one that
   * aborts gets what is known, the worst case otherwise. Must not throw: what it throws is dropped.
   */
  readonly onSettled?: (outcome: StreamOutcome) => void;
  /** Sent as the `Idempotency-Key` header. */
  readonly idempotencyKey?: string;
}

/** How a stream ended for the vendor: with its full result, or with an error that says what is to be booked. */
export type StreamOutcome =
  | { readonly ok: true; readonly result: ModelResult }
  | { readonly ok: false; readonly error: ModelCallError };

/**
 * A piece of a streamed answer, in this order: any number of `text`, `reasoning` and `tool-call`, exactly one `usage`, exactly
 * one `finish`. A stream that ends without `finish` threw: there is no quiet end.
 */
export type StreamPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | {
      readonly type: 'tool-call';
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly argumentsDelta: string;
    }
  | { readonly type: 'usage'; readonly usage: TokenUsage; readonly costNanoUsd: NanoUsd; readonly costBasis: CostBasis }
  | { readonly type: 'finish'; readonly finishReason: FinishReason; readonly result: ModelResult };

export interface HealthStatus {
  readonly status: 'healthy' | 'unhealthy';
  readonly latencyMs: number;
  /** Why it is unhealthy; never contains the key. */
  readonly reason?: string;
}

/** The most a request can cost, in US dollars; `null` where no price is known. */
export interface CostEstimate {
  readonly estimatedCostUSD: number | null;
  readonly inputTokenCost: number | null;
  readonly outputTokenCost: number | null;
}

/** The vendor's own limits as its last answer reported them; `null` where it said nothing. */
export interface RateLimits {
  readonly requestLimit: number | null;
  readonly requestsRemaining: number | null;
  readonly tokenLimit: number | null;
  readonly tokensRemaining: number | null;
  /** Unix milliseconds of the answer these figures come from. */
  readonly observedAtMs: number | null;
}

/** One provider, ready to be called. Every method but `supports` throws or rejects with `ModelCallError` only. */
export interface LLMAdapter {
  readonly id: string;
  /** @throws ModelCallError */
  generate(request: ModelRequest, options: CallOptions): Promise<ModelResult>;
  /**
   * Starts the call at the first `next()`. Aborting closes the upstream socket at once; leaving the loop without aborting
   * goes on reading in the background until the usage is known (see `CallOptions.onSettled`).
   * @throws ModelCallError from the iterator
   */
  stream(request: ModelRequest, options: CallOptions): AsyncIterable<StreamPart>;
  /** Asks the vendor for its model list. Never rejects. @param options.timeoutMs - default 5,000 */
  healthCheck(options?: Partial<CallOptions>): Promise<HealthStatus>;
  /** Worst case: the upper bound of input tokens plus all of `maxTokens` at list price. */
  estimateCost(request: ModelRequest): Promise<CostEstimate>;
  getRateLimits(): Promise<RateLimits>;
  /** Whether the provider's default model has the capability. */
  supports(capability: Capability): boolean;
}

/** A provider as the registry lists it: everything that is known without a key. */
export interface ProviderDefinition {
  /** Lower-case id; `<ID>_API_KEY`, `<ID>_BASE_URL`, `<ID>_DEFAULT_MODEL` derive from it. */
  readonly id: string;
  readonly displayName: string;
  readonly defaultBaseUrl: string;
  readonly defaultModel: string;
  readonly models: readonly ModelRow[];
  /** What holds for all models of the vendor, those outside the catalogue included. */
  readonly rules?: ParameterRules;
  /** `false`: can be called without a key, so it counts as configured without one. @defaultValue true */
  readonly requiresKey?: boolean;
  /** The provider's id in the price library that knows models outside the catalogue; `null`: never look there. @defaultValue `id` */
  readonly priceLibraryId?: string | null;
  /** What OpenTelemetry's conventions for generative AI call the vendor. @defaultValue `id` */
  readonly conventionalName?: string;
  /** Does no I/O and reads no key until the first call. */
  createAdapter(settings: ProviderSettings): LLMAdapter;
}
