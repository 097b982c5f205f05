import type { Capability, ReasoningEffort } from '@orchestrator/contracts';

/** Parameters of a request that some models reject with 400; left out with a warning, never sent and never refused. */
export type FilteredParameter = 'temperature' | 'topP' | 'stop' | 'seed' | 'reasoningEffort' | 'toolChoice';

/** US dollars per million tokens; at most 6 decimals, so that a token's price is a whole number of pico-dollars. */
export interface TokenPrices {
  readonly inputPer1M: number;
  readonly outputPer1M: number;
  /** Absent: cached input costs as much as other input. */
  readonly cachedInputPer1M?: number;
  /** Absent: writing to the cache costs as much as other input. */
  readonly cacheWriteInputPer1M?: number;
}

/** Prices of the whole request once its input exceeds `aboveInputTokens`. */
export interface PriceTier extends TokenPrices {
  readonly aboveInputTokens: number;
}

/** What a request is priced by. */
export interface PriceList extends TokenPrices {
  readonly tiers?: readonly PriceTier[];
  /** US dollars per request on top of the tokens (e.g. a search fee), the most it can be; at most 9 decimals. */
  readonly maxFeePerRequestUSD?: number;
  /** What the fee usually is, for routing by cost. @defaultValue `maxFeePerRequestUSD` */
  readonly expectedFeePerRequestUSD?: number;
}

/** One model of a vendor's catalogue. */
export interface ModelRow extends PriceList {
  readonly model: string;
  /** Other ids of the same model. Dated snapshots (`<model>-2026-11-23`, `<model>-20261123`) need no entry. */
  readonly aliases?: readonly string[];
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  /** Used when a request names no `maxTokens`. */
  readonly defaultMaxTokens: number;
  readonly capabilities: readonly Capability[];
  /** Prior of the routing by latency, until live figures exist. */
  readonly typicalLatencyMs: number;
  /** The reasoning efforts the model takes; any other is left out with a warning. Absent: all. */
  readonly reasoningEfforts?: readonly ReasoningEffort[];
  /** The vendor takes tools only at this effort: it replaces the request's, with a warning. */
  readonly toolsNeedReasoningEffort?: ReasoningEffort;
  /** Models with the same weights at several hosts share a name: a natural fallback chain. */
  readonly equivalenceGroup?: string;
  /** Parameters to leave out, with a warning. */
  readonly rejects?: readonly FilteredParameter[];
  /** ISO date of the day from which the vendor no longer serves the model; may be in the past. */
  readonly retiresOn?: string;
  /** The vendor's page to compare the row with. */
  readonly sourceUrl: string;
  /** ISO date as of which the figures are taken to hold; some come second hand, so compare them before large bills. */
  readonly checkedOn: string;
}
