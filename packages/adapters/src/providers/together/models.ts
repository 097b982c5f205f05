import type { ModelRow } from '../../catalogue/model-row.ts';

export const togetherModels = [
  {
    model: 'openai/gpt-oss-20b',
    inputPer1M: 0.05,
    outputPer1M: 0.2,
    contextTokens: 131_072,
    maxOutputTokens: 131_072,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'streaming', 'structured-output', 'reasoning'],
    typicalLatencyMs: 1200,
    reasoningEfforts: ['low', 'medium', 'high'],
    equivalenceGroup: 'gpt-oss-20b',
    sourceUrl: 'https://www.together.ai/pricing',
    checkedOn: '2026-11-23',
  },
  {
    // Replaced: a successor may answer in its name. The answer says which, and that one is billed.
    model: 'llama-3.1-70b',
    aliases: ['meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo'],
    inputPer1M: 0.88,
    outputPer1M: 0.88,
    contextTokens: 32_768,
    maxOutputTokens: 32_768,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'streaming', 'structured-output'],
    typicalLatencyMs: 1200,
    rejects: ['reasoningEffort'],
    sourceUrl: 'https://docs.together.ai/docs/deprecations',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
