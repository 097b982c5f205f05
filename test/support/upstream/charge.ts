import { findRow, type ModelRow, type ProviderDefinition } from '@orchestrator/adapters';
import type { UpstreamUsage } from './answer.ts';

/** The model that is charged for, and the price lists it is looked up in. */
export interface ChargedModel {
  readonly catalogue: readonly ProviderDefinition[];
  /** `null`: any that has the model. */
  readonly provider: string | null;
  readonly model: string;
}

function rowOf({ catalogue, provider, model }: ChargedModel): ModelRow | undefined {
  return catalogue
    .filter(({ id }) => provider === null || provider === id)
    .map(({ models }): ModelRow | undefined => findRow(models, model))
    .find((found) => found !== undefined);
}

function pricesOf(row: ModelRow, inputTokens: number) {
  const tier = [...(row.tiers ?? [])]
    .sort((a, b) => b.aboveInputTokens - a.aboveInputTokens)
    .find((each) => inputTokens > each.aboveInputTokens);
  const { inputPer1M, outputPer1M, cachedInputPer1M = inputPer1M, cacheWriteInputPer1M = inputPer1M } = tier ?? row;
  return { inputPer1M, outputPer1M, cachedInputPer1M, cacheWriteInputPer1M };
}

/** Whether a request costs most when all of its input is written to the vendor's cache. */
export function isCacheWriteDearest(charged: ChargedModel, inputTokens: number): boolean {
  const row = rowOf(charged);
  if (row === undefined) return false;
  const prices = pricesOf(row, inputTokens);
  return prices.cacheWriteInputPer1M > prices.inputPer1M;
}

/**
 * List price, exact; written apart from the adapters' own arithmetic so that the two check each other.
 * @param hasHighestFee - whether the most that is billed besides the tokens comes on top
 */
export function chargeNanoUsd(
  charged: ChargedModel,
  usage: UpstreamUsage,
  { hasHighestFee = false }: { readonly hasHighestFee?: boolean } = {},
): number {
  const row = rowOf(charged);
  if (row === undefined) return 0;
  const prices = pricesOf(row, usage.input);
  // Dollars per million tokens with 6 decimals are millionths of a micro-dollar per token: pico-dollars.
  const pico = (usd: number, tokens: number) => BigInt(usd.toFixed(6).replace('.', '')) * BigInt(tokens);
  const total =
    pico(prices.inputPer1M, usage.input - usage.cached - usage.cacheWrite) +
    pico(prices.cachedInputPer1M, usage.cached) +
    pico(prices.cacheWriteInputPer1M, usage.cacheWrite) +
    pico(prices.outputPer1M, usage.output);
  const fee = hasHighestFee ? Number((row.maxFeePerRequestUSD ?? 0).toFixed(9).replace('.', '')) : 0;
  return Number(total / 1000n) + (total % 1000n === 0n ? 0 : 1) + fee;
}
