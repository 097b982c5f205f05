import type { ModelRow } from '../../catalogue/model-row.ts';

const contextTokens = 128_000;
const maxOutputTokens = 8_192;
const inputPer1M = 0.25;
const outputPer1M = 2.5;

/** The dearer of the two figures the vendor has published: 0.005 in the guide of its tools, 0.0025 in its price table. */
const searchUSD = 0.005;

/**
 * A request is held to one search (`max_tool_calls`). What it finds is billed as input of a second turn, which holds at most
 * the model's context, and the query itself is output of the first.
 */
const oneSearchUSD = searchUSD + (contextTokens * inputPer1M + maxOutputTokens * outputPer1M) / 1_000_000;

export const perplexityModels = [
  {
    model: 'perplexity/sonar',
    inputPer1M,
    outputPer1M,
    cachedInputPer1M: 0.0625,
    maxFeePerRequestUSD: oneSearchUSD,
    expectedFeePerRequestUSD: searchUSD,
    contextTokens,
    maxOutputTokens,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'streaming', 'online-search', 'citations', 'structured-output'],
    typicalLatencyMs: 2500,
    reasoningEfforts: [],
    rejects: ['stop', 'seed'],
    sourceUrl: 'https://docs.perplexity.ai/docs/agent-api/models',
    checkedOn: '2026-11-23',
  },
  {
    model: 'sonar',
    inputPer1M: 1,
    outputPer1M: 1,
    // The request fee at the largest search context.
    maxFeePerRequestUSD: 0.012,
    contextTokens: 127_000,
    maxOutputTokens,
    defaultMaxTokens: 4096,
    capabilities: ['text', 'streaming', 'online-search', 'citations'],
    typicalLatencyMs: 2500,
    reasoningEfforts: [],
    rejects: ['stop', 'seed'],
    // The chat API, the only one that knew this id, ended.
    retiresOn: '2026-09-27',
    sourceUrl: 'https://docs.perplexity.ai/getting-started/pricing',
    checkedOn: '2026-11-23',
  },
] as const satisfies readonly ModelRow[];
