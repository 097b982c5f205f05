import type { ModelRow } from '../../catalogue/model-row.ts';

export const sandboxModels = [
  {
    model: 'sandbox',
    inputPer1M: 0,
    outputPer1M: 0,
    contextTokens: 10_000_000,
    maxOutputTokens: 10_000_000,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'streaming'],
    typicalLatencyMs: 40,
    sourceUrl: 'builtin:sandbox',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
