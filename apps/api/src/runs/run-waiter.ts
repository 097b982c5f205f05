import type { RunSnapshot } from '@orchestrator/contracts';
import type { ApiStore, Clock, Log } from '../ports.ts';
import { tenantId } from '../tenant.ts';
import { isAnswerable } from './is-answerable.ts';

/**
 * Requests that wait for runs to finish, or to come to where somebody has to approve their cost.
 *
 * A waiter is registered before its run is accepted, so that no message can come too early. It ends in one of four ways:
 *   finished      a `runs-finished` message named the run, and the store confirms it
 *   finished      no message came (they may be lost), but the poll found it: one read per second for all waiting runs
 *   limit         the wait is over: one last read, whatever it gives
 *   gone, closed  the client left, or the process stops: no result
 * The messages carry ids only; what is true is always read from the store.
 */
export interface RunWaiter {
  /** Starts listening for a run's end. Every expectation must be waited for or dropped. */
  expect(runId: string): Expectation;
  /** To be called with the ids of each `runs-finished` message. */
  onFinished(runIds: readonly string[]): void;
  count(): number;
  /** Lets every waiting request go without a result, now and from now on. */
  close(): void;
}

export interface Expectation {
  /**
   * Never rejects.
   * @returns the run, finished or waiting for approval unless the limit passed; null when it could not be read, the client left or the process stops
   */
  result(limitMs: number, gone: AbortSignal): Promise<RunSnapshot | null>;
  drop(): void;
}

export interface RunWaiterOptions {
  readonly store: Pick<ApiStore, 'getRuns'>;
  readonly clock: Clock;
  readonly log: Log;
  /** @defaultValue 1000 */
  readonly pollMs?: number;
}

interface Waiting {
  readonly sinceMs: number;
  settle(snapshot: RunSnapshot | null): void;
}

export function createRunWaiter(options: RunWaiterOptions): RunWaiter {
  const { store, clock, log } = options;
  const pollMs = options.pollMs ?? 1_000;
  const waiting = new Map<string, Set<Waiting>>();
  let isPolling = false;
  let isClosed = false;

  async function read(runIds: readonly string[]): Promise<readonly RunSnapshot[]> {
    try {
      return await store.getRuns({ tenantId, runIds });
    } catch (error) {
      log.warn({ err: error, runs: runIds.length }, 'runs that callers wait for could not be read');
      return [];
    }
  }

  async function deliver(runIds: readonly string[]): Promise<void> {
    if (runIds.length === 0) return;
    for (const snapshot of await read(runIds)) {
      if (!isAnswerable(snapshot.status)) continue;
      for (const entry of waiting.get(snapshot.runId) ?? []) entry.settle(snapshot);
    }
  }

  /** Fresh waiters are left to the message that is most likely on its way. */
  async function poll(): Promise<void> {
    const before = clock.nowMs() - pollMs;
    const overdue = [...waiting].filter(([, entries]) => [...entries].some((entry) => entry.sinceMs <= before));
    await deliver(overdue.map(([runId]) => runId));
    isPolling = false;
    schedulePoll();
  }

  function schedulePoll(): void {
    if (isPolling || isClosed || waiting.size === 0) return;
    isPolling = true;
    clock.setTimer(pollMs, () => void poll());
  }

  function add(runId: string, entry: Waiting): void {
    const entries = waiting.get(runId) ?? new Set();
    entries.add(entry);
    waiting.set(runId, entries);
    schedulePoll();
  }

  function remove(runId: string, entry: Waiting): void {
    const entries = waiting.get(runId);
    entries?.delete(entry);
    if (entries?.size === 0) waiting.delete(runId);
  }

  function expect(runId: string): Expectation {
    const { promise, resolve } = Promise.withResolvers<RunSnapshot | null>();
    const entry: Waiting = {
      sinceMs: clock.nowMs(),
      settle(snapshot) {
        remove(runId, entry);
        resolve(snapshot);
      },
    };
    if (isClosed) resolve(null);
    else add(runId, entry);

    return {
      drop: () => entry.settle(null),
      async result(limitMs, gone) {
        const leave = () => entry.settle(null);
        const stopTimer = clock.setTimer(limitMs, async () => entry.settle((await read([runId]))[0] ?? null));
        gone.addEventListener('abort', leave);
        if (gone.aborted) leave();
        const snapshot = await promise;
        stopTimer();
        gone.removeEventListener('abort', leave);
        return snapshot;
      },
    };
  }

  return {
    expect,
    onFinished: (runIds) => void deliver(runIds.filter((runId) => waiting.has(runId))),
    count: () => waiting.values().reduce((sum, entries) => sum + entries.size, 0),
    close() {
      isClosed = true;
      for (const entries of [...waiting.values()]) for (const entry of [...entries]) entry.settle(null);
    },
  };
}
