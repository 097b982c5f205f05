import { describe, expect, it } from 'vitest';
import { findRow } from './catalogue/find-row.ts';
import type { ModelRow, TokenPrices } from './catalogue/model-row.ts';
import { providerIds, providers } from './registry.ts';

/** Model, dollars per million input and output tokens, typical latency: what the product promised from its first day. */
const seedModels: readonly (readonly [string, string, number, number, number])[] = [
  ['openai', 'gpt-4o-mini', 0.15, 0.6, 1500],
  ['anthropic', 'claude-3-5-haiku', 0.8, 4, 2000],
  ['gemini', 'gemini-1.5-flash', 0.075, 0.3, 1800],
  ['groq', 'llama-3.3-70b', 0.59, 0.79, 400],
  ['perplexity', 'sonar', 1, 1, 2500],
  ['mistral', 'mistral-large', 2, 6, 1600],
  ['together', 'llama-3.1-70b', 0.88, 0.88, 1200],
  ['cohere', 'command-r', 0.5, 1.5, 1400],
  ['openrouter', 'claude-3.5-sonnet', 3, 15, 2000],
  ['deepinfra', 'llama-3.1-70b', 0.35, 0.4, 1100],
];
const isoDate = /^\d{4}-\d{2}-\d{2}$/;

describe('registry', () => {
  it('lists the ten providers in order, without the sandbox', () => {
    expect(providerIds).toEqual(seedModels.map(([id]) => id));
  });

  it.each(seedModels)('%s still knows %s at its first prices', (id, model, inputPer1M, outputPer1M, typicalLatencyMs) => {
    const provider = providers.find((each) => each.id === id);
    expect(provider?.models.find((row) => row.model === model)).toMatchObject({ inputPer1M, outputPer1M, typicalLatencyMs });
  });

  it('has the same open weights at four hosts', () => {
    const hosts = providers.filter(({ models }) => models.some((row) => row.equivalenceGroup === 'gpt-oss-20b'));
    expect(hosts.map(({ id }) => id)).toEqual(['groq', 'together', 'openrouter', 'deepinfra']);
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
      expect(Math.min(prices.inputPer1M, prices.outputPer1M)).toBeGreaterThan(0);
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
