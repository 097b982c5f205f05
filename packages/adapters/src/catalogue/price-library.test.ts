import { usdFromNanoUsd } from '@orchestrator/contracts';
import { calcPrice } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOfUsage, feeOf } from './price.ts';
import { libraryPricesOf } from './price-library.ts';

const models = [
  ['openai', 'gpt-4.1-mini'],
  ['openai', 'gpt-6-luna'],
  ['anthropic', 'claude-sonnet-4-20250514'],
  ['google', 'gemini-2.5-pro'],
  ['groq', 'openai/gpt-oss-20b'],
  ['perplexity', 'sonar'],
  ['openrouter', 'x-ai/grok-4-fast'],
] as const;

describe('libraryPricesOf', () => {
  it.each(models)("%s %s costs by our arithmetic what the library's own says", (provider, model) => {
    const list = libraryPricesOf(provider, model);
    if (list === undefined) throw new Error('the library has lost the model');
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(100_000), fc.nat(), fc.nat(), (inputTokens, outputTokens, a, b) => {
        const cached = a % (inputTokens + 1);
        const written = b % (inputTokens - cached + 1);
        const ours = costOfUsage(list, {
          inputTokens,
          outputTokens,
          cachedInputTokens: cached,
          cacheWriteInputTokens: written,
          reasoningTokens: 0,
        });
        const theirs = calcPrice(
          { input_tokens: inputTokens, output_tokens: outputTokens, cache_read_tokens: cached, cache_write_tokens: written },
          model,
          { providerId: provider },
        );
        // Ours rounds up, and theirs adds doubles.
        expect(Math.abs(usdFromNanoUsd(ours + feeOf(list)) - (theirs?.total_price ?? 0))).toBeLessThan(3e-9);
      }),
      { numRuns: 50 },
    );
  });

  it('has the tier begin where the library has it', () => {
    const list = libraryPricesOf('google', 'gemini-2.5-pro');
    expect(list).toMatchObject({ inputPer1M: 1.25, tiers: [{ aboveInputTokens: 200_000, inputPer1M: 2.5, outputPer1M: 15 }] });
  });

  it.each([
    ['openai', 'ft:mine'],
    ['openai', 'gpt-7-surprise'],
    ['openai', 'whisper-1'],
    ['openai', ''],
    ['nobody', 'gpt-4.1-mini'],
    ['deepinfra', 'gpt-4.1-mini'],
  ])('knows no price of %s %s', (provider, model) => {
    expect(libraryPricesOf(provider, model)).toBeUndefined();
  });

  it('takes the price of the day', () => {
    const days = ['2024-01-01', '2026-11-23'].map((day) => libraryPricesOf('openai', 'o3', Date.parse(day))?.inputPer1M);
    expect(days).toEqual([10, 2]);
  });
});
