import { describe, expect, it } from 'vitest';
import { didYouMean, nearMatches } from './near-matches.ts';

describe('nearMatches', () => {
  const names = ['openai', 'openrouter', 'perplexity', 'together', 'gpt-4o-mini'];
  it.each([
    ['opnai', ['openai']],
    ['open', ['openai', 'openrouter']],
    ['OpenAI', ['openai']],
    ['perplexty', ['perplexity']],
    ['gpt-4-mini', ['gpt-4o-mini']],
    ['bedrock', []],
  ])('%s → %j', (wanted, expected) => {
    expect(nearMatches(wanted, names)).toEqual(expected);
  });

  it('stays quick and silent for absurd input', () => {
    expect(didYouMean('x'.repeat(1_000_000), names)).toBe('');
  });
});
