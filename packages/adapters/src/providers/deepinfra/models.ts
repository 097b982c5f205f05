import type { ModelRow } from '../../catalogue/model-row.ts';

export const deepinfraModels = [
  {
    model: 'openai/gpt-oss-20b',
    inputPer1M: 0.03,
    outputPer1M: 0.14,
    contextTokens: 131_072,
    maxOutputTokens: 131_072,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'streaming', 'structured-output', 'reasoning'],
    typicalLatencyMs: 1100,
    reasoningEfforts: ['low', 'medium', 'high'],
    equivalenceGroup: 'gpt-oss-20b',
    sourceUrl: 'https://deepinfra.com/openai/gpt-oss-20b',
    checkedOn: '2026-11-23',
  },
  {
    model: 'llama-3.1-70b',
    aliases: ['meta-llama/Meta-Llama-3.1-70B-Instruct'],
    inputPer1M: 0.35,
    outputPer1M: 0.4,
    contextTokens: 131_072,
    maxOutputTokens: 131_072,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'streaming'],
    typicalLatencyMs: 1100,
    rejects: ['reasoningEffort'],
    sourceUrl: 'https://deepinfra.com/meta-llama/Meta-Llama-3.1-70B-Instruct',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
