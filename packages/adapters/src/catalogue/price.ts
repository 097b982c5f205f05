import type { NanoUsd, TokenUsage } from '@orchestrator/contracts';
import type { PriceList, TokenPrices } from './model-row.ts';

/** Dollars per million tokens → pico-dollars per token, exact for prices of up to 6 decimals. */
function picoUsdPerToken(usdPer1M: number): bigint {
  return BigInt(Math.round(usdPer1M * 1_000_000));
}

/** Rounds up: a booked cost is never below the bill. */
function nanoUsdFromPico(picoUsd: bigint): NanoUsd {
  return Number((picoUsd + 999n) / 1000n);
}

/** The prices that apply to a request with this many input tokens: those of the highest tier it exceeds. */
export function pricesFor(list: PriceList, inputTokens: number): TokenPrices {
  let prices: TokenPrices = list;
  let reached = -1;
  for (const tier of list.tiers ?? []) {
    if (inputTokens > tier.aboveInputTokens && tier.aboveInputTokens > reached) {
      prices = tier;
      reached = tier.aboveInputTokens;
    }
  }
  return prices;
}

/** The most a request can cost on top of its tokens. */
export function feeOf(list: PriceList): NanoUsd {
  return Math.round((list.maxFeePerRequestUSD ?? 0) * 1_000_000_000);
}

/**
 * What the tokens of a call cost: fresh input + input read from and written to the cache + output, in integer arithmetic,
 * rounded up once at the end. Fees per request are not part of it.
 */
export function costOfUsage(list: PriceList, usage: TokenUsage): NanoUsd {
  const prices = pricesFor(list, usage.inputTokens);
  const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
  const written = Math.min(usage.cacheWriteInputTokens, usage.inputTokens - cached);
  return nanoUsdFromPico(
    BigInt(usage.inputTokens - cached - written) * picoUsdPerToken(prices.inputPer1M) +
      BigInt(cached) * picoUsdPerToken(prices.cachedInputPer1M ?? prices.inputPer1M) +
      BigInt(written) * picoUsdPerToken(prices.cacheWriteInputPer1M ?? prices.inputPer1M) +
      BigInt(usage.outputTokens) * picoUsdPerToken(prices.outputPer1M),
  );
}

/**
 * The most that up to `inputTokens` and up to `outputTokens` can cost: all input in its dearest class, the dearest of all
 * tiers that so much input may reach (the true input may be smaller and sit in a lower tier), and the fee per request.
 */
export function worstCaseOf(list: PriceList, inputTokens: number, outputTokens: number): NanoUsd {
  let worst = 0n;
  for (const prices of [list, ...(list.tiers ?? []).filter((tier) => inputTokens > tier.aboveInputTokens)]) {
    const input = Math.max(prices.inputPer1M, prices.cachedInputPer1M ?? 0, prices.cacheWriteInputPer1M ?? 0);
    const cost = BigInt(inputTokens) * picoUsdPerToken(input) + BigInt(outputTokens) * picoUsdPerToken(prices.outputPer1M);
    if (cost > worst) worst = cost;
  }
  return nanoUsdFromPico(worst) + feeOf(list);
}
