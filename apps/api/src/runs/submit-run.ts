import { isTerminalRunStatus, type NewRun, type RunSnapshot, type Wake } from '@orchestrator/contracts';
import { keyInUse, keyReused } from '../http/idempotency-key.ts';
import type { ApiQueue, ApiStore, Log } from '../ports.ts';
import { tenantId } from '../tenant.ts';
import { jobPath } from '../views/job-view.ts';
import { isAnswerable } from './is-answerable.ts';
import { holdMs, type ReplyHolds } from './reply-holds.ts';
import type { RunWaiter } from './run-waiter.ts';

export interface SubmitRunDeps {
  readonly store: Pick<ApiStore, 'acceptRun' | 'getRuns'>;
  readonly queue: Pick<ApiQueue, 'wake'>;
  readonly waiter: RunWaiter;
  readonly replyHolds: ReplyHolds;
  readonly log: Log;
  readonly replyTo: string;
}

export interface SubmittedRun {
  readonly runId: string;
  /** The run had been accepted before, with the same idempotency key. */
  readonly isReplay: boolean;
  /** null: accepted, and nothing more is known. */
  readonly snapshot: RunSnapshot | null;
}

/** A wake-up that fails costs time only: the reconciler finds every run whose moment has come. */
export function wakeQuietly(deps: Pick<SubmitRunDeps, 'queue' | 'log'>, wake: Wake): void {
  deps.queue.wake([wake]).catch((error: unknown) => {
    deps.log.warn({ err: error, runId: wake.runId }, 'wake-up not sent, the reconciler will find the run');
  });
}

async function readQuietly(deps: SubmitRunDeps, runId: string): Promise<RunSnapshot | null> {
  try {
    return (await deps.store.getRuns({ tenantId, runIds: [runId] }))[0] ?? null;
  } catch (error) {
    // The run is accepted, so the answer is 202, whatever happens to the store now.
    deps.log.warn({ err: error, runId }, 'accepted run could not be read');
    return null;
  }
}

async function awaitEarlierRun(
  deps: SubmitRunDeps,
  runId: string,
  limitMs: number,
  gone: AbortSignal,
): Promise<RunSnapshot | null> {
  const expectation = limitMs > 0 ? deps.waiter.expect(runId) : null;
  const snapshot = await readQuietly(deps, runId);
  if (expectation === null) return snapshot;
  if (snapshot !== null && isAnswerable(snapshot.status)) {
    expectation.drop();
    return snapshot;
  }
  return (await expectation.result(limitMs, gone)) ?? snapshot;
}

/**
 * Accepts a run, wakes a worker and waits for the result.
 * @param limitMs - how long to wait; 0: not at all
 * @throws AppError `idempotency-key-reused`, `idempotency-key-in-use`, and what the store throws before the run is accepted
 */
export async function submitRun(deps: SubmitRunDeps, run: NewRun, limitMs: number, gone: AbortSignal): Promise<SubmittedRun> {
  const expectation = limitMs > 0 ? deps.waiter.expect(run.id) : null;
  try {
    const isKeyed = run.idempotencyKey !== undefined;
    const awaited = { ...run, replyTo: deps.replyTo, ...(isKeyed ? { replyForMs: holdMs } : {}) };
    const accepted = await deps.store.acceptRun(expectation === null ? run : awaited);
    if (accepted.status === 'key-reused') throw keyReused();
    const { runId } = accepted;
    if (accepted.status === 'duplicate') {
      if (accepted.isInUse) throw keyInUse({ jobId: runId, path: jobPath(runId) });
      return { runId, isReplay: true, snapshot: await awaitEarlierRun(deps, runId, limitMs, gone) };
    }
    wakeQuietly(deps, { runId, kind: run.kind, epoch: accepted.epoch, wakeNo: accepted.wakeNo, priority: run.priority });
    if (expectation === null) return { runId, isReplay: false, snapshot: null };
    const letGo = isKeyed ? deps.replyHolds.hold(runId) : null;
    const snapshot = await expectation.result(limitMs, gone);
    await letGo?.(snapshot !== null && isTerminalRunStatus(snapshot.status));
    return { runId, isReplay: false, snapshot };
  } finally {
    expectation?.drop();
  }
}
