import { randomBytes, randomUUID } from 'node:crypto';
import type { ClaimedRun, NewApproval, NewRun, RunCommit, RunFinish, RunPark, StepRecord } from '@orchestrator/contracts';

export const tenantId = 'default';

let idMs = 0;
let idsInMs = 0;

/** A UUID in the time-ordered layout of the real ids; each is greater than the one before. */
export function newRunId(): string {
  const bytes = randomBytes(16);
  const nowMs = Date.now();
  idsInMs = nowMs === idMs ? idsInMs + 1 : 0;
  idMs = nowMs;
  bytes.writeUIntBE(idMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | idsInMs, 6);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function newRun(changes: Partial<NewRun> = {}): NewRun {
  return {
    id: newRunId(),
    kind: 'workflow',
    tenantId,
    requestId: `request-${randomUUID()}`,
    workflowName: 'triage',
    input: { question: 'why?', nothing: null },
    priority: 'normal',
    timeoutMs: 60_000,
    ...changes,
  };
}

export function stepRecord(changes: Partial<StepRecord> = {}): StepRecord {
  return {
    path: 'ask',
    visit: 1,
    ordinal: 1,
    action: 'generate',
    status: 'completed',
    attempts: [
      {
        attempt: 1,
        outcome: 'succeeded',
        latencyMs: 12,
        provider: 'one',
        model: 'm',
        usage: { inputTokens: 3, outputTokens: 4, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 },
        costNanoUsd: 1_234_567_891,
        costBasis: 'catalogue',
      },
    ],
    input: { prompt: 'why?' },
    output: { text: 'because', score: 0.1, missing: null },
    provider: 'one',
    model: 'm',
    usage: { inputTokens: 3, outputTokens: 4, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 },
    costNanoUsd: 1_234_567_891,
    latencyMs: 12,
    ...changes,
  };
}

/** The next commit of a claimed run, empty unless told otherwise. */
export function nextCommit(claimed: ClaimedRun, changes: Partial<RunCommit> = {}): RunCommit {
  return {
    runId: claimed.runId,
    epoch: claimed.epoch,
    commitNo: claimed.commitNo + 1,
    steps: [],
    events: [],
    audit: [],
    costNanoUsd: claimed.costNanoUsd,
    reservedNanoUsd: 0,
    lostCount: claimed.lostCount,
    inFlight: [],
    ...changes,
  };
}

export function finish(changes: Partial<RunFinish> = {}): RunFinish {
  return { type: 'finish', status: 'completed', output: { text: 'because' }, degraded: false, steps: [stepRecord()], ...changes };
}

export function park(status: RunPark['status'], wakeInMs: number): RunPark {
  return { type: 'park', status, wakeInMs };
}

export function newApproval(changes: Partial<NewApproval> = {}): NewApproval {
  return {
    id: randomUUID(),
    path: 'ask',
    kind: 'cost',
    provider: 'one',
    model: 'm',
    estimatedCostNanoUsd: 2_500_000_001,
    thresholdUSD: 1.25,
    message: 'The call may cost 2.500000001 USD.',
    expiresInMs: 60_000,
    ...changes,
  };
}
