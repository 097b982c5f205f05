import type { NanoUsd, TokenUsage } from '@orchestrator/contracts';
import type { ModelRow, TokenPrices } from './model-row.ts';

type PricedRow = Pick<ModelRow, 'inputPer1M' | 'outputPer1M' | 'cachedInputPer1M' | 'tiers'>;

/** Dollars per million tokens → pico-dollars per token, exact for prices of up to 6 decimals. */
function picoUsdPerToken(usdPer1M: number): bigint {
  return BigInt(Math.round(usdPer1M * 1_000_000));
}

/** Rounds up: a booked cost is never below the bill. */
function nanoUsdFromPico(picoUsd: bigint): NanoUsd {
  return Number((picoUsd + 999n) / 1000n);
}

/** The prices that apply to a request with this many input tokens: those of the highest tier it exceeds. */
export function pricesFor(row: PricedRow, inputTokens: number): TokenPrices {
  let prices: TokenPrices = row;
  let reached = -1;
  for (const tier of row.tiers ?? []) {
    if (inputTokens > tier.aboveInputTokens && tier.aboveInputTokens > reached) {
      prices = tier;
      reached = tier.aboveInputTokens;
    }
  }
  return prices;
}

/** What a call cost: uncached input + cached input + output, in integer arithmetic, rounded up once at the end. */
export function costOfUsage(row: PricedRow, usage: TokenUsage): NanoUsd {
  const prices = pricesFor(row, usage.inputTokens);
  const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
  return nanoUsdFromPico(
    BigInt(usage.inputTokens - cached) * picoUsdPerToken(prices.inputPer1M) +
      BigInt(cached) * picoUsdPerToken(prices.cachedInputPer1M ?? prices.inputPer1M) +
      BigInt(usage.outputTokens) * picoUsdPerToken(prices.outputPer1M),
  );
}

/**
 * The most that up to `inputTokens` and up to `outputTokens` can cost: no cache discount, and the dearest of all
 * tiers that so much input may reach (the true input may be smaller and sit in a lower tier).
 */
export function worstCaseOf(row: PricedRow, inputTokens: number, outputTokens: number): NanoUsd {
  let worst = 0n;
  for (const prices of [row, ...(row.tiers ?? []).filter((tier) => inputTokens > tier.aboveInputTokens)]) {
    const input = Math.max(prices.inputPer1M, prices.cachedInputPer1M ?? 0);
    const cost = BigInt(inputTokens) * picoUsdPerToken(input) + BigInt(outputTokens) * picoUsdPerToken(prices.outputPer1M);
    if (cost > worst) worst = cost;
  }
  return nanoUsdFromPico(worst);
}
