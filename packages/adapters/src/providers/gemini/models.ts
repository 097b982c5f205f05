import type { FilteredParameter, ModelRow } from '../../catalogue/model-row.ts';

export const geminiModels = [
  {
    model: 'gemini-3.5-flash-lite',
    aliases: ['gemini-3.5-flash-lite-001'],
    inputPer1M: 0.3,
    outputPer1M: 2.5,
    cachedInputPer1M: 0.03,
    contextTokens: 1_048_576,
    maxOutputTokens: 65_536,
    defaultMaxTokens: 4096,
    capabilities: [
      'text',
      'vision',
      'functions',
      'structured-output',
      'reasoning',
      'long-context',
      'ultra-long-context',
      'streaming',
    ],
    typicalLatencyMs: 1800,
    // Its thinking can be made small, not switched off.
    reasoningEfforts: ['minimal', 'low', 'medium', 'high'],
    sourceUrl: 'https://ai.google.dev/gemini-api/docs/pricing',
    checkedOn: '2026-11-23',
  },
  {
    model: 'gemini-1.5-flash',
    aliases: ['gemini-1.5-flash-latest', 'gemini-1.5-flash-001', 'gemini-1.5-flash-002'],
    inputPer1M: 0.075,
    outputPer1M: 0.3,
    contextTokens: 1_000_000,
    maxOutputTokens: 8192,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'vision', 'functions', 'structured-output', 'long-context', 'ultra-long-context', 'streaming'],
    typicalLatencyMs: 1800,
    rejects: ['reasoningEffort'],
    retiresOn: '2025-09-29',
    sourceUrl: 'https://ai.google.dev/gemini-api/docs/deprecations',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];

const generationPattern = /^(?:models\/)?gemini-(\d+(?:\.\d+)?)/;

/** How the thinking of a model is set: in named levels from Gemini 3 on, as a budget in 2.5, not at all before. */
export function thinkingStyleOf(model: string): 'level' | 'budget' | 'none' {
  const generation = generationPattern.exec(model)?.[1];
  // Ids without a number (`gemini-flash-latest`) point to the newest generation.
  if (generation === undefined) return /^(?:models\/)?gemini-/.test(model) ? 'level' : 'none';
  if (Number(generation) >= 3) return 'level';
  return Number(generation) >= 2.5 ? 'budget' : 'none';
}

export function rejectedByUnknownGemini(model: string): readonly FilteredParameter[] {
  return thinkingStyleOf(model) === 'none' ? ['reasoningEffort'] : [];
}
