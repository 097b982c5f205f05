import type { ClaimedRun, ModelPlan, ModelResult, StepRecord } from '@orchestrator/contracts';

const acceptedAtMs = 1_800_000_000_000;

export function claimedRun(patch: Partial<ClaimedRun> = {}): ClaimedRun {
  return {
    runId: 'run-1',
    epoch: 1,
    kind: 'workflow',
    tenantId: 'default',
    requestId: 'request-1',
    workflowName: 'blog',
    workflowVersion: 3,
    input: { secret: 'input-text' },
    priority: 'normal',
    timeoutMs: 60_000,
    seq: 1,
    commitNo: 0,
    costNanoUsd: 0,
    isTakeover: false,
    lostCount: 0,
    cancelRequested: false,
    live: false,
    acceptedAtMs,
    startedAtMs: acceptedAtMs + 40,
    nowMs: acceptedAtMs + 40,
    inFlight: [],
    steps: [],
    approvals: [],
    ...patch,
  };
}

export function stepRecord(patch: Partial<StepRecord> = {}): StepRecord {
  return {
    path: 'write',
    visit: 1,
    ordinal: 1,
    action: 'generate',
    status: 'running',
    attempts: [],
    input: { prompt: 'prompt-text' },
    costNanoUsd: 0,
    latencyMs: 0,
    ...patch,
  };
}

export function modelPlan(patch: Partial<ModelPlan> = {}): ModelPlan {
  return {
    provider: 'acme',
    model: 'acme-1',
    request: {
      prompt: 'prompt-text',
      systemPrompt: 'system-text',
      stop: ['stop-text'],
      maxTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      seed: 7,
      responseFormat: { type: 'json' },
    },
    worstCaseNanoUsd: 9_000_000,
    ...patch,
  };
}

export const modelResult: ModelResult = {
  content: 'answer-text',
  reasoning: 'reasoning-text',
  finishReason: 'length',
  provider: 'acme',
  model: 'acme-1-2026-01-01',
  usage: { inputTokens: 20, outputTokens: 30, cachedInputTokens: 5, cacheWriteInputTokens: 0, reasoningTokens: 12 },
  costNanoUsd: 2_500_000,
  costBasis: 'catalogue',
};
