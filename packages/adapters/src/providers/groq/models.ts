import type { ModelRow } from '../../catalogue/model-row.ts';

export const groqModels = [
  {
    model: 'openai/gpt-oss-20b',
    inputPer1M: 0.075,
    outputPer1M: 0.3,
    cachedInputPer1M: 0.0375,
    contextTokens: 131_072,
    maxOutputTokens: 65_536,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'streaming', 'structured-output', 'reasoning', 'fast-inference'],
    typicalLatencyMs: 400,
    reasoningEfforts: ['low', 'medium', 'high'],
    equivalenceGroup: 'gpt-oss-20b',
    sourceUrl: 'https://console.groq.com/docs/model/openai/gpt-oss-20b',
    checkedOn: '2026-11-23',
  },
  {
    model: 'llama-3.3-70b',
    aliases: ['llama-3.3-70b-versatile'],
    inputPer1M: 0.59,
    outputPer1M: 0.79,
    contextTokens: 32_768,
    maxOutputTokens: 32_768,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'functions', 'streaming', 'fast-inference'],
    typicalLatencyMs: 400,
    rejects: ['reasoningEffort'],
    // The day it ended for the free and developer tiers; enterprise contracts may go on.
    retiresOn: '2026-08-16',
    sourceUrl: 'https://console.groq.com/docs/deprecations',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
