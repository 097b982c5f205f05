import { createHash } from 'node:crypto';
import { type ApprovalState, type ModelPlan, type NewApproval, type StepRecord, usdFromNanoUsd } from '@orchestrator/contracts';
import type { RunState, StepState } from './state.ts';
import { audit, emit, putStep, type Turn } from './turn.ts';

/** The same question gets the same id in every worker: a UUID of version 8 made from the hash of what names it. */
function approvalId(runId: string, path: string, number: number): string {
  const hash = createHash('sha256').update(`${runId} ${number} ${path}`).digest();
  hash[6] = 0x80 | ((hash[6] ?? 0) & 0x0f);
  hash[8] = 0x80 | ((hash[8] ?? 0) & 0x3f);
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whether somebody has to agree before this call. An approval covers what costs no more than it says; an unknown price only an unknown one. */
export function needsApproval(
  state: Pick<RunState, 'approvals'>,
  path: string,
  plan: Pick<ModelPlan, 'worstCaseNanoUsd' | 'approval'>,
): boolean {
  if (plan.approval === undefined) return false;
  const { worstCaseNanoUsd } = plan;
  return !state.approvals.some(({ path: at, status, estimatedCostNanoUsd }) => {
    if (at !== path || status !== 'approved') return false;
    if (worstCaseNanoUsd === null || estimatedCostNanoUsd === null) return worstCaseNanoUsd === estimatedCostNanoUsd;
    return worstCaseNanoUsd <= estimatedCostNanoUsd;
  });
}

function messageOf({ provider, model, worstCaseNanoUsd }: ModelPlan, thresholdUSD: number): string {
  if (worstCaseNanoUsd === null) return `The price of ${provider}/${model} is unknown.`;
  return `A call of ${provider}/${model} may cost ${usdFromNanoUsd(worstCaseNanoUsd)} USD; above ${thresholdUSD} USD somebody has to agree.`;
}

/** Writes the question down; the step waits for the answer and holds no slot meanwhile. */
export function askApproval(turn: Turn, step: StepState, plan: ModelPlan): void {
  const { state, nowMs } = turn;
  const { path } = step.record;
  const thresholdUSD = plan.approval?.thresholdUSD ?? 0;
  const number = state.approvals.filter((approval) => approval.path === path).length + 1;
  // Past the run's deadline nobody needs to decide any more.
  const expiresInMs = Math.max(0, Math.min(state.approvalTimeoutMs, state.deadlineAtMs - nowMs));
  const question = {
    id: approvalId(state.runId, path, number),
    path,
    kind: 'cost',
    provider: plan.provider,
    model: plan.model,
    estimatedCostNanoUsd: plan.worstCaseNanoUsd,
    thresholdUSD,
  } as const;
  const { id, provider, model, estimatedCostNanoUsd } = question;
  const expiresAtMs = nowMs + expiresInMs;
  const approval: NewApproval = { ...question, message: messageOf(plan, thresholdUSD), expiresInMs };
  state.approvals = [...state.approvals, { ...question, status: 'pending', expiresAtMs }];
  turn.effects.push({ type: 'approval', approval });
  const facts = { approvalId: id, estimatedCostNanoUsd, thresholdUSD };
  emit(turn, 'approval-requested', { path, provider, model, ...facts, expiresAtMs });
  audit(turn, {
    eventType: 'approval-requested',
    path,
    provider,
    model,
    ...(plan.routing !== undefined && { routingDecision: plan.routing }),
    detail: facts,
  });
  const record: StepRecord = {
    ...step.record,
    status: 'waiting_approval',
    dueAtMs: expiresAtMs,
    approval: { id, estimatedCostNanoUsd, thresholdUSD, expiresAtMs },
  };
  putStep(turn, { ...step, phase: 'approving', reservedNanoUsd: 0, record });
}

/** What a waiting step waits for, as it stood when the run was claimed. */
export function approvalOf(turn: Turn, step: StepState): ApprovalState | undefined {
  return turn.state.approvals.find((approval) => approval.id === step.record.approval?.id);
}

/** Nobody decided in time; what people decide, the store writes down itself. */
export function noteExpiry(turn: Turn, { id, path, provider, model }: ApprovalState): void {
  emit(turn, 'approval-expired', { path, approvalId: id });
  audit(turn, { eventType: 'approval-expired', path, provider, model, detail: { approvalId: id } });
}
