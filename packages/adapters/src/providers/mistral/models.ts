import type { ModelRow } from '../../catalogue/model-row.ts';

export const mistralModels = [
  {
    model: 'mistral-small-2603',
    inputPer1M: 0.15,
    outputPer1M: 0.6,
    cachedInputPer1M: 0.015,
    contextTokens: 256_000,
    maxOutputTokens: 256_000,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'vision', 'streaming', 'structured-output', 'reasoning', 'long-context'],
    typicalLatencyMs: 1600,
    // Its reasoning is on or off: https://docs.mistral.ai/inference/conversations/reasoning
    reasoningEfforts: ['none', 'high'],
    sourceUrl: 'https://docs.mistral.ai/inference/pricing',
    checkedOn: '2026-11-23',
  },
  {
    // An alias that the vendor moves from one large model to the next.
    model: 'mistral-large',
    aliases: ['mistral-large-latest', 'mistral-large-2411', 'mistral-large-2407'],
    inputPer1M: 2,
    outputPer1M: 6,
    contextTokens: 128_000,
    maxOutputTokens: 128_000,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'streaming', 'structured-output'],
    typicalLatencyMs: 1600,
    rejects: ['reasoningEffort'],
    sourceUrl: 'https://docs.mistral.ai/inference/pricing',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
