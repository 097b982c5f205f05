import type { ModelRow } from '../../catalogue/model-row.ts';

export const anthropicModels = [
  {
    model: 'claude-haiku-5-5',
    inputPer1M: 0.1,
    outputPer1M: 0.5,
    cachedInputPer1M: 0.01,
    tiers: [{ aboveInputTokens: 100_000, inputPer1M: 0.5, outputPer1M: 2.5, cachedInputPer1M: 0.05 }],
    contextTokens: 1_000_000,
    maxOutputTokens: 128_000,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'vision', 'functions', 'long-context', 'ultra-long-context', 'streaming'],
    typicalLatencyMs: 2000,
    rejects: ['temperature'],
    sourceUrl: 'https://platform.claude.com/docs/en/about-claude/pricing',
    checkedOn: '2026-11-23',
  },
  {
    model: 'claude-3-5-haiku',
    aliases: ['claude-3-5-haiku-latest'],
    inputPer1M: 0.8,
    outputPer1M: 4,
    cachedInputPer1M: 0.08,
    contextTokens: 200_000,
    maxOutputTokens: 8192,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'vision', 'long-context', 'streaming'],
    typicalLatencyMs: 2000,
    retiresOn: '2026-02-19',
    sourceUrl: 'https://platform.claude.com/docs/en/about-claude/model-deprecations',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
