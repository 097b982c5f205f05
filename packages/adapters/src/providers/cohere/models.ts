import type { ModelRow } from '../../catalogue/model-row.ts';

export const cohereModels = [
  {
    model: 'command-r7b-12-2024',
    inputPer1M: 0.0375,
    outputPer1M: 0.15,
    contextTokens: 128_000,
    maxOutputTokens: 4_096,
    defaultMaxTokens: 4_096,
    capabilities: ['text', 'embeddings', 'streaming', 'functions', 'structured-output'],
    typicalLatencyMs: 1400,
    reasoningEfforts: [],
    sourceUrl: 'https://cohere.com/pricing',
    checkedOn: '2026-11-23',
  },
  {
    // An alias of command-r-03-2024. Deprecated since 2025-09-15, no shutdown date: those who used it before still can.
    model: 'command-r',
    aliases: ['command-r-03-2024'],
    inputPer1M: 0.5,
    outputPer1M: 1.5,
    contextTokens: 128_000,
    maxOutputTokens: 4_096,
    defaultMaxTokens: 4_096,
    capabilities: ['text', 'embeddings', 'streaming', 'functions', 'structured-output'],
    typicalLatencyMs: 1400,
    reasoningEfforts: [],
    // `tool_choice` came with command-r7b.
    rejects: ['toolChoice'],
    sourceUrl: 'https://docs.cohere.com/docs/deprecations',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
