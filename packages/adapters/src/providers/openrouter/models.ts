import type { ModelRow } from '../../catalogue/model-row.ts';

/**
 * Prices are the most that is paid: the request forbids dearer hosts, see `openrouterDialect`. The vendor's automatic choice of
 * a model has no price and so no row.
 */
export const openrouterModels = [
  {
    model: 'openai/gpt-oss-20b',
    inputPer1M: 0.03,
    outputPer1M: 0.14,
    contextTokens: 131_072,
    maxOutputTokens: 131_072,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'streaming', 'structured-output', 'reasoning', 'multi-model'],
    typicalLatencyMs: 2000,
    reasoningEfforts: ['low', 'medium', 'high'],
    equivalenceGroup: 'gpt-oss-20b',
    sourceUrl: 'https://openrouter.ai/openai/gpt-oss-20b',
    checkedOn: '2026-11-23',
  },
  {
    model: 'claude-3.5-sonnet',
    aliases: ['anthropic/claude-3.5-sonnet'],
    inputPer1M: 3,
    outputPer1M: 15,
    contextTokens: 200_000,
    maxOutputTokens: 8192,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'vision', 'streaming', 'long-context', 'multi-model'],
    typicalLatencyMs: 2000,
    rejects: ['reasoningEffort'],
    // Its maker switched it off.
    retiresOn: '2025-10-28',
    sourceUrl: 'https://openrouter.ai/anthropic/claude-3.5-sonnet',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
