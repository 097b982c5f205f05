import type { ModelRow } from '../../catalogue/model-row.ts';

export const openaiModels = [
  {
    model: 'gpt-6-luna',
    inputPer1M: 0.1,
    outputPer1M: 0.5,
    cachedInputPer1M: 0.01,
    tiers: [{ aboveInputTokens: 272_000, inputPer1M: 0.2, outputPer1M: 0.75, cachedInputPer1M: 0.02 }],
    contextTokens: 1_050_000,
    maxOutputTokens: 128_000,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'vision', 'streaming', 'long-context', 'ultra-long-context'],
    typicalLatencyMs: 1500,
    rejects: ['temperature'],
    sourceUrl: 'https://platform.openai.com/docs/pricing',
    checkedOn: '2026-11-23',
  },
  {
    model: 'gpt-4o-mini',
    inputPer1M: 0.15,
    outputPer1M: 0.6,
    cachedInputPer1M: 0.075,
    contextTokens: 128_000,
    maxOutputTokens: 16_384,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'vision', 'streaming'],
    typicalLatencyMs: 1500,
    retiresOn: '2027-01-14',
    sourceUrl: 'https://platform.openai.com/docs/deprecations',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
