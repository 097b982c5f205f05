import { capabilities } from '@orchestrator/contracts';
import type { ModelRow } from '../../catalogue/model-row.ts';

export const sandboxModels = [
  {
    model: 'sandbox',
    inputPer1M: 0,
    outputPer1M: 0,
    contextTokens: 10_000_000,
    maxOutputTokens: 10_000_000,
    defaultMaxTokens: 4096,
    // It stands in for any model that writes text.
    capabilities: capabilities.filter((capability) => capability !== 'embeddings'),
    typicalLatencyMs: 40,
    sourceUrl: 'builtin:sandbox',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
