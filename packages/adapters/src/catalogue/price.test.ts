import { zeroUsage } from '@orchestrator/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { providers } from '../registry.ts';
import { estimateInputTokens } from './estimate.ts';
import type { ModelRow } from './model-row.ts';
import { costOfUsage, pricesFor, worstCaseOf } from './price.ts';

const rows: readonly ModelRow[] = providers.flatMap((provider) => provider.models);
const anyRow = fc.constantFrom(...rows);
const tokens = fc.nat(2_000_000);
/** A price with up to 6 decimals, as the catalogue allows. */
const price = fc.nat(100_000_000).map((micro) => micro / 1_000_000);
const tiered = fc.record({
  inputPer1M: price,
  outputPer1M: price,
  cachedInputPer1M: price,
  tiers: fc.array(fc.record({ aboveInputTokens: tokens, inputPer1M: price, outputPer1M: price, cachedInputPer1M: price }), {
    maxLength: 4,
  }),
});

/** The obvious formula in exact rational arithmetic: micro-dollars per million tokens, nothing rounded but the total. */
function expectedNano(
  row: Pick<ModelRow, 'inputPer1M' | 'outputPer1M' | 'cachedInputPer1M'>,
  classes: { fresh: number; cached: number; output: number },
) {
  const micro = (usd: number) => BigInt(Math.round(usd * 1e6));
  const pico =
    BigInt(classes.fresh) * micro(row.inputPer1M) +
    BigInt(classes.cached) * micro(row.cachedInputPer1M ?? row.inputPer1M) +
    BigInt(classes.output) * micro(row.outputPer1M);
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
      fc.property(tiered, tokens, tokens, tokens, (row, fresh, cached, output) => {
        const inputTokens = fresh + cached;
        const usage = {
          inputTokens,
          cachedInputTokens: cached,
          cacheWriteInputTokens: 0,
          outputTokens: output,
          reasoningTokens: 0,
        };
        expect(costOfUsage(row, usage)).toBe(expectedNano(pricesFor(row, inputTokens), { fresh, cached, output }));
      }),
    );
  });

  it('never grows when more of the input was cached', () => {
    fc.assert(
      fc.property(anyRow, tokens, fc.nat(), fc.nat(), (row, inputTokens, a, b) => {
        const [fewer, more] = [a % (inputTokens + 1), b % (inputTokens + 1)].sort((x, y) => x - y);
        const cost = (cachedInputTokens = 0) =>
          costOfUsage(row, { ...zeroUsage, inputTokens, cachedInputTokens, outputTokens: 1 });
        expect(cost(more)).toBeLessThanOrEqual(cost(fewer));
      }),
    );
  });
});

describe('worstCaseOf', () => {
  it('is never below the cost of any usage within its bounds', () => {
    fc.assert(
      fc.property(tiered, tokens, tokens, fc.nat(), fc.nat(), fc.nat(), (row, bound, maxTokens, a, b, c) => {
        const inputTokens = a % (bound + 1);
        const usage = {
          inputTokens,
          cachedInputTokens: b % (inputTokens + 1),
          cacheWriteInputTokens: 0,
          outputTokens: c % (maxTokens + 1),
          reasoningTokens: 0,
        };
        // A cached price above the fresh one exists in no catalogue row, and the bound holds all the same.
        expect(worstCaseOf(row, bound, maxTokens)).toBeGreaterThanOrEqual(costOfUsage(row, usage));
      }),
    );
  });
});

describe('estimateInputTokens', () => {
  it('is at least the bytes of what is sent, and of its normalised form', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.option(fc.string(), { nil: undefined }),
        (prompt, systemPrompt) => {
          const texts = [prompt, systemPrompt ?? ''];
          const bound = estimateInputTokens({ prompt, ...(systemPrompt === undefined ? {} : { systemPrompt }) });
          const bytes = (form: (text: string) => string) => texts.reduce((sum, text) => sum + Buffer.byteLength(form(text)), 0);
          expect(bound).toBeGreaterThan(bytes((text) => text));
          expect(bound).toBeGreaterThan(bytes((text) => text.normalize('NFKC')));
        },
      ),
    );
  });
});
