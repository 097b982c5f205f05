import { findRow, type ModelRow, providers } from '@orchestrator/adapters';
import type { UpstreamUsage } from './answer.ts';

/** Exact, written apart from the adapters' own arithmetic so that the two check each other. */
export function chargeNanoUsd(provider: string | null, model: string, usage: UpstreamUsage): number {
  const row = providers
    .filter(({ id }) => provider === null || provider === id)
    .map(({ models }): ModelRow | undefined => findRow(models, model))
    .find((found) => found !== undefined);
  if (row === undefined) return 0;
  const tier = [...(row.tiers ?? [])]
    .sort((a, b) => b.aboveInputTokens - a.aboveInputTokens)
    .find((each) => usage.input > each.aboveInputTokens);
  const { inputPer1M, outputPer1M, cachedInputPer1M = inputPer1M } = tier ?? row;
  // Dollars per million tokens with 6 decimals are millionths of a micro-dollar per token: pico-dollars.
  const pico = (usd: number, tokens: number) => BigInt(usd.toFixed(6).replace('.', '')) * BigInt(tokens);
  const total =
    pico(inputPer1M, usage.input - usage.cached) + pico(cachedInputPer1M, usage.cached) + pico(outputPer1M, usage.output);
  return Number(total / 1000n) + (total % 1000n === 0n ? 0 : 1);
}
