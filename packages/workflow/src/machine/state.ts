import type {
  ApprovalState,
  ClaimedRun,
  InFlightAttempt,
  JsonValue,
  ModelPlan,
  NanoUsd,
  RunKind,
  StepError,
  StepRecord,
} from '@orchestrator/contracts';
import type { WorkflowPlan } from '../definition/plan.ts';
import { dataLengthOf } from './data-length.ts';

/**
 * One step visit in progress or done.
 *
 * `planning`: waiting for the router's decision · `calling`: an attempt is in flight · `retrying`: waiting for the next
 * attempt · `waiting`: waiting for a moment · `approving`: waiting for somebody's decision · `done`: the record is terminal.
 */
export interface StepState {
  readonly phase: 'planning' | 'calling' | 'retrying' | 'waiting' | 'approving' | 'done';
  readonly record: StepRecord;
  /** The attempt in flight or being planned; 0 before the first. */
  readonly attempt: number;
  readonly plan?: ModelPlan;
  readonly reservedNanoUsd: NanoUsd;
  /** A lost worker may have been calling: the next plan's worst case is booked as an abandoned attempt first. */
  readonly bookAbandoned: boolean;
  /** Length of what was told of the answer so far, since the last `restart`; UTF-16 code units. */
  readonly toldLength?: number;
  /** While planning: the wait that the router may ask for is over. */
  readonly hasWaited?: boolean;
  /** While planning: the step's `fallbacks` take part, also where `retry` would come first. */
  readonly hasAllFallbacks?: boolean;
}

/** Everything the machine knows of a run. Plain data, replaced on each event, never changed in place. */
export interface RunState {
  readonly runId: string;
  readonly kind: RunKind;
  readonly plan: WorkflowPlan;
  readonly input: JsonValue;
  readonly phase: 'running' | 'parked' | 'finished';
  readonly acceptedAtMs: number;
  readonly startedAtMs: number;
  readonly deadlineAtMs: number;
  readonly maxCostNanoUsd: NanoUsd | null;
  readonly costNanoUsd: NanoUsd;
  readonly lostCount: number;
  readonly isTakeover: boolean;
  readonly isFirstStart: boolean;
  readonly cancelRequested: boolean;
  readonly isDraining: boolean;
  /** Why the run ends as soon as what a lost worker may have spent is booked; nothing new is called meanwhile. */
  readonly ending: 'cancelled' | 'timeout' | 'poison' | null;
  readonly isDegraded: boolean;
  /** The error that led into a failure handler: `{{error}}`. */
  readonly caught: StepError | null;
  /** Number of the last event. */
  readonly seq: number;
  /** Inputs and outputs of all steps together, see `maxDataLength`. */
  readonly dataLength: number;
  /** Of this run, oldest first: as they stood at the claim, and what was asked since. */
  readonly approvals: readonly ApprovalState[];
  /** How long a decision may take, milliseconds. */
  readonly approvalTimeoutMs: number;
  /** The request asked for an explanation: routing decisions stay with the attempts. */
  readonly keepsRouting: boolean;
  /** In the order in which steps were first recorded. */
  readonly steps: ReadonlyMap<string, StepState>;
  /** What the previous lease holder had in flight, as far as it was written down. */
  readonly inheritedInFlight: readonly InFlightAttempt[];
}

export const defaultApprovalTimeoutMs = 86_400_000;

function restoreStep(record: StepRecord): StepState {
  const phases = { running: 'planning', retry_wait: 'retrying', waiting: 'waiting', waiting_approval: 'approving' } as const;
  const phase = record.status in phases ? phases[record.status as keyof typeof phases] : 'done';
  return { phase, record, attempt: record.attempts.length, reservedNanoUsd: 0, bookAbandoned: false };
}

function isExplained({ kind, input }: ClaimedRun): boolean {
  return kind === 'generate' && typeof input === 'object' && input !== null && 'explain' in input && input.explain === true;
}

/** The machine's state right after a claim: a pure function of what is committed. */
export function restoreRun(
  plan: WorkflowPlan,
  claimed: ClaimedRun,
  options: { readonly approvalTimeoutMs: number } = { approvalTimeoutMs: defaultApprovalTimeoutMs },
): RunState {
  const records = [...claimed.steps].sort((a, b) => a.ordinal - b.ordinal);
  const failed = records.findLast((record) => record.status === 'failed');
  return {
    runId: claimed.runId,
    kind: claimed.kind,
    plan,
    input: claimed.input,
    phase: 'running',
    acceptedAtMs: claimed.acceptedAtMs,
    startedAtMs: claimed.startedAtMs,
    deadlineAtMs: claimed.startedAtMs + claimed.timeoutMs,
    maxCostNanoUsd: claimed.maxCostNanoUsd ?? null,
    costNanoUsd: claimed.costNanoUsd,
    lostCount: claimed.lostCount,
    isTakeover: claimed.isTakeover,
    isFirstStart: claimed.commitNo === 0 && !claimed.isTakeover,
    cancelRequested: claimed.cancelRequested,
    isDraining: false,
    ending: null,
    isDegraded: failed !== undefined,
    caught: failed?.error ?? null,
    seq: claimed.seq,
    dataLength: records.reduce((sum, record) => sum + dataLengthOf(record), 0),
    approvals: claimed.approvals,
    approvalTimeoutMs: options.approvalTimeoutMs,
    keepsRouting: isExplained(claimed),
    steps: new Map(records.map((record) => [record.path, restoreStep(record)])),
    inheritedInFlight: claimed.inFlight,
  };
}
