import { describe, expect, it } from 'vitest';
import { prepareCall } from '../../call/prepared-call.ts';
import { costOfUsage } from '../../catalogue/price.ts';
import { perplexity } from './index.ts';

describe('the worst case of a request that may search', () => {
  it('holds the dearest search: one that fills the context, after a query of all the output there is', () => {
    const call = prepareCall(perplexity, {}, { prompt: 'news?', maxTokens: 100 });
    const row = perplexity.models.find(({ model }) => model === perplexity.defaultModel);
    if (row === undefined) throw new Error('the default model has no row');
    const bill = costOfUsage(row, {
      inputTokens: 30 + row.contextTokens,
      outputTokens: row.maxOutputTokens + 100,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      reasoningTokens: 0,
    });
    expect(call.worstCaseNanoUsd).toBeGreaterThanOrEqual(bill + 5_000_000);
  });
});
