import { describe, expect, it } from 'vitest';
import { findRow } from './catalogue/find-row.ts';
import type { ModelRow, TokenPrices } from './catalogue/model-row.ts';
import { providerIds, providers, unavailableProviderIds } from './registry.ts';

const tenIds = [
  'openai',
  'anthropic',
  'gemini',
  'groq',
  'perplexity',
  'mistral',
  'together',
  'cohere',
  'openrouter',
  'deepinfra',
];
const isoDate = /^\d{4}-\d{2}-\d{2}$/;

describe('registry', () => {
  it('covers the ten providers in order, without the sandbox', () => {
    expect([...providerIds, ...unavailableProviderIds]).toEqual(tenIds);
  });

  it.each(providers.map((provider) => [provider.id, provider] as const))(
    '%s has a default model that is in its catalogue and lives',
    (_, provider) => {
      const row = findRow(provider.models, provider.defaultModel);
      expect(row).toBeDefined();
      expect(Date.parse(row?.retiresOn ?? '9999-01-01')).toBeGreaterThan(Date.parse('2026-11-23'));
      expect(() => new URL(provider.defaultBaseUrl)).not.toThrow();
    },
  );
});

const rows = providers.flatMap((provider) =>
  provider.models.map((row): [string, ModelRow] => [`${provider.id} ${row.model}`, row]),
);

describe.each(rows)('%s', (_, row) => {
  it('has prices of at most 6 decimals, so that a token costs whole pico-dollars', () => {
    for (const prices of [row, ...(row.tiers ?? [])] satisfies TokenPrices[]) {
      for (const usd of [prices.inputPer1M, prices.outputPer1M, prices.cachedInputPer1M ?? 0]) {
        expect(usd).toBe(Number(usd.toFixed(6)));
        expect(usd).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('has consistent limits and dates', () => {
    expect(row.defaultMaxTokens).toBeLessThanOrEqual(row.maxOutputTokens);
    expect(row.maxOutputTokens).toBeLessThanOrEqual(row.contextTokens);
    expect(row.checkedOn).toMatch(isoDate);
    expect(row.retiresOn ?? '2027-01-01').toMatch(isoDate);
    expect(() => new URL(row.sourceUrl)).not.toThrow();
  });
});

describe('findRow', () => {
  const models = providers.flatMap((provider) => provider.models);
  it.each([
    ['gpt-4o-mini', 'gpt-4o-mini'],
    ['gpt-4o-mini-2024-07-18', 'gpt-4o-mini'],
    ['claude-3-5-haiku-20241022', 'claude-3-5-haiku'],
    ['claude-3-5-haiku-latest', 'claude-3-5-haiku'],
    ['gpt-4o-mini-audio-preview', undefined],
    ['gpt-4o', undefined],
    ['', undefined],
  ])('%s → %s', (asked, found) => {
    expect(findRow(models, asked)?.model).toBe(found);
  });
});
