import { AppError, type EventPosition, isTerminalRunStatus, type LiveEvent, type RunSnapshot } from '@orchestrator/contracts';
import type { ApiStore, Clock } from '../ports.ts';
import { jobNotFound } from '../runs/find-job.ts';
import { tenantId } from '../tenant.ts';
import { toLiveEvent, withResult } from '../views/live-event.ts';
import type { LiveRuns, RunEvents } from './live-runs.ts';
import { isTerminalEvent } from './run-feed.ts';

export interface FollowDeps {
  readonly live: LiveRuns;
  readonly store: Pick<ApiStore, 'getRuns'>;
  readonly clock: Clock;
}

/** The events of a run as clients see them. */
export interface FollowedRun {
  /** Nothing comes any more. */
  readonly isOver: boolean;
  /** @throws AppError from the iterator when the store stays away */
  events(signal: AbortSignal): AsyncIterable<LiveEvent>;
}

const maxReadTries = 5;

/**
 * Reads a run whose last event has come.
 * @throws AppError `store-unavailable` when the store stays away
 */
export async function readFinished({ store, clock }: Pick<FollowDeps, 'store' | 'clock'>, runId: string): Promise<RunSnapshot> {
  for (let tries = 1; ; tries += 1) {
    try {
      const [run] = await store.getRuns({ tenantId, runIds: [runId] });
      if (run === undefined) throw jobNotFound();
      if (!isTerminalRunStatus(run.status)) throw new AppError('internal', 'a run that has ended is not finished');
      return run;
    } catch (error) {
      if (!(error instanceof AppError && error.retryable) || tries === maxReadTries) throw error;
      await new Promise<void>((resolve) => clock.setTimer(200 * tries, resolve));
    }
  }
}

async function* viewed(deps: FollowDeps, runId: string, run: RunEvents, signal: AbortSignal): AsyncGenerator<LiveEvent> {
  for await (const event of run.events(signal)) {
    const view = toLiveEvent(runId, event);
    if (view === null) continue;
    yield isTerminalEvent(event) ? withResult(view, await readFinished(deps, runId), deps.clock.nowMs()) : view;
  }
}

/**
 * Follows a run from after a position.
 * @throws AppError `not-found`, `store-unavailable`
 */
export async function followRun(deps: FollowDeps, runId: string, after?: EventPosition): Promise<FollowedRun> {
  const run = await deps.live.open(runId, after);
  if (run === null) throw jobNotFound();
  return { isOver: run.isOver, events: (signal) => viewed(deps, runId, run, signal) };
}
