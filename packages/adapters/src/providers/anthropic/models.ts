import type { FilteredParameter, ModelRow } from '../../catalogue/model-row.ts';

export const anthropicModels = [
  {
    model: 'claude-haiku-5-5',
    inputPer1M: 0.1,
    outputPer1M: 0.5,
    cachedInputPer1M: 0.01,
    cacheWriteInputPer1M: 0.125,
    tiers: [
      {
        aboveInputTokens: 100_000,
        inputPer1M: 0.5,
        outputPer1M: 2.5,
        cachedInputPer1M: 0.05,
        cacheWriteInputPer1M: 0.625,
      },
    ],
    contextTokens: 1_000_000,
    maxOutputTokens: 128_000,
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
    typicalLatencyMs: 2000,
    rejects: ['temperature', 'topP', 'seed'],
    sourceUrl: 'https://platform.claude.com/docs/en/about-claude/pricing',
    checkedOn: '2026-11-23',
  },
  {
    model: 'claude-3-5-haiku',
    aliases: ['claude-3-5-haiku-latest'],
    inputPer1M: 0.8,
    outputPer1M: 4,
    cachedInputPer1M: 0.08,
    cacheWriteInputPer1M: 1,
    contextTokens: 200_000,
    maxOutputTokens: 8192,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'vision', 'functions', 'long-context', 'streaming'],
    typicalLatencyMs: 2000,
    rejects: ['seed', 'reasoningEffort'],
    retiresOn: '2026-02-19',
    sourceUrl: 'https://platform.claude.com/docs/en/about-claude/model-deprecations',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];

/** Models that answer 400 when the last message is the assistant's: they don't continue a text begun for them. */
export const modelsWithoutPrefill: ReadonlySet<string> = new Set(['claude-haiku-5-5']);

/** Claude 3 to 4.5: sampling parameters, but no adaptive thinking. */
const samplingGeneration = /^claude-(?:[0-3]|(?:opus|sonnet|haiku)-4(?:-[0-5])?(?:-\d{8})?$)/;

/** No model of this vendor takes a seed; from Claude 4.6 on the models think adaptively and take no sampling parameters. */
export function rejectedByUnknownClaude(model: string): readonly FilteredParameter[] {
  return samplingGeneration.test(model) ? ['seed', 'reasoningEffort'] : ['temperature', 'topP', 'seed'];
}
