import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { providers } from '../registry.ts';
import type { ModelRow, PriceList, TokenPrices } from './model-row.ts';
import { costOfUsage, feeOf, pricesFor, worstCaseOf } from './price.ts';

const rows: readonly ModelRow[] = providers.flatMap((provider) => provider.models);
const anyRow = fc.constantFrom(...rows);
const tokens = fc.nat(2_000_000);
/** A price with up to 6 decimals, as the catalogue allows. */
const price = fc.nat(100_000_000).map((micro) => micro / 1_000_000);
const prices = {
  inputPer1M: price,
  outputPer1M: price,
  cachedInputPer1M: fc.option(price, { nil: undefined }),
  cacheWriteInputPer1M: fc.option(price, { nil: undefined }),
};
const tiered = fc
  .record({
    ...prices,
    maxFeePerRequestUSD: fc.option(
      fc.nat(100_000).map((micro) => micro / 1e6),
      { nil: undefined },
    ),
    tiers: fc.array(fc.record({ aboveInputTokens: tokens, ...prices }), { maxLength: 4 }),
  })
  .map((list) => JSON.parse(JSON.stringify(list)) as PriceList);

/** The obvious formula in exact rational arithmetic: micro-dollars per million tokens, nothing rounded but the total. */
function expectedNano(list: TokenPrices, classes: { fresh: number; cached: number; written: number; output: number }) {
  const micro = (usd: number) => BigInt(Math.round(usd * 1e6));
  const pico =
    BigInt(classes.fresh) * micro(list.inputPer1M) +
    BigInt(classes.cached) * micro(list.cachedInputPer1M ?? list.inputPer1M) +
    BigInt(classes.written) * micro(list.cacheWriteInputPer1M ?? list.inputPer1M) +
    BigInt(classes.output) * micro(list.outputPer1M);
  return Number(pico % 1000n === 0n ? pico / 1000n : pico / 1000n + 1n);
}

describe('costOfUsage', () => {
  it('prices known examples to the nano-dollar', () => {
    const mini = rows.find((row) => row.model === 'gpt-4o-mini');
    const haiku = rows.find((row) => row.model === 'claude-haiku-5-5');
    if (mini === undefined || haiku === undefined) throw new Error('catalogue rows missing');
    const usage = { inputTokens: 10, outputTokens: 50, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
    expect(costOfUsage(mini, usage)).toBe(10 * 150 + 50 * 600);
    expect(costOfUsage(mini, { ...usage, cachedInputTokens: 4 })).toBe(6 * 150 + 4 * 75 + 50 * 600);
    expect(costOfUsage(haiku, { ...usage, inputTokens: 100_000 })).toBe(100_000 * 100 + 50 * 500);
    expect(costOfUsage(haiku, { ...usage, inputTokens: 100_001 })).toBe(100_001 * 500 + 50 * 2500);
  });

  it('rounds a fraction of a nano-dollar up', () => {
    const row = { inputPer1M: 0.000_001, outputPer1M: 0 };
    expect(
      costOfUsage(row, { inputTokens: 1, outputTokens: 0, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 }),
    ).toBe(1);
    expect(
      costOfUsage(row, { inputTokens: 0, outputTokens: 9, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 }),
    ).toBe(0);
  });

  it('is the sum over the token classes at the prices of the tier that applies', () => {
    fc.assert(
      fc.property(tiered, tokens, tokens, tokens, tokens, (list, fresh, cached, written, output) => {
        const inputTokens = fresh + cached + written;
        const usage = {
          inputTokens,
          cachedInputTokens: cached,
          cacheWriteInputTokens: written,
          outputTokens: output,
          reasoningTokens: Math.floor(output / 2),
        };
        expect(costOfUsage(list, usage)).toBe(expectedNano(pricesFor(list, inputTokens), { fresh, cached, written, output }));
      }),
    );
  });

  it('bills no token twice when a vendor counts more cached tokens than input', () => {
    const list = { inputPer1M: 1, outputPer1M: 0, cachedInputPer1M: 0.5, cacheWriteInputPer1M: 2 };
    const usage = { inputTokens: 10, outputTokens: 0, reasoningTokens: 0 };
    expect(costOfUsage(list, { ...usage, cachedInputTokens: 99, cacheWriteInputTokens: 99 })).toBe(10 * 500);
    expect(costOfUsage(list, { ...usage, cachedInputTokens: 4, cacheWriteInputTokens: 99 })).toBe(4 * 500 + 6 * 2000);
  });

  it('never grows when more of the input was cached', () => {
    fc.assert(
      fc.property(anyRow, tokens, fc.nat(), fc.nat(), (row, inputTokens, a, b) => {
        const [fewer, more] = [a % (inputTokens + 1), b % (inputTokens + 1)].sort((x, y) => x - y);
        const cost = (cachedInputTokens = 0) =>
          costOfUsage(row, { inputTokens, cachedInputTokens, cacheWriteInputTokens: 0, outputTokens: 1, reasoningTokens: 0 });
        expect(cost(more)).toBeLessThanOrEqual(cost(fewer));
      }),
    );
  });
});

describe('worstCaseOf', () => {
  it('is never below the cost of any usage within its bounds', () => {
    fc.assert(
      fc.property(
        tiered,
        tokens,
        tokens,
        fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
        (list, bound, maxTokens, random) => {
          const [a = 0, b = 0, c = 0, d = 0] = random;
          const inputTokens = a % (bound + 1);
          const cachedInputTokens = b % (inputTokens + 1);
          const usage = {
            inputTokens,
            cachedInputTokens,
            cacheWriteInputTokens: d % (inputTokens - cachedInputTokens + 1),
            outputTokens: c % (maxTokens + 1),
            reasoningTokens: 0,
          };
          expect(worstCaseOf(list, bound, maxTokens)).toBeGreaterThanOrEqual(costOfUsage(list, usage) + feeOf(list));
        },
      ),
    );
  });

  it('adds the fee per request', () => {
    expect(worstCaseOf({ inputPer1M: 1, outputPer1M: 2, maxFeePerRequestUSD: 0.005 }, 10, 10)).toBe(30_000 + 5_000_000);
  });
});
