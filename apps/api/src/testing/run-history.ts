import { type PlacedEvent, packTokens, type RunEventType, type RunStatus } from '@orchestrator/contracts';

const atMs = 1_700_000_000_000;

export function placed(epoch: number, seq: number, type: RunEventType = 'token', data: PlacedEvent['data'] = {}): PlacedEvent {
  return {
    epoch,
    seq,
    type,
    atMs,
    data: type === 'token' ? { path: 'ask', attempt: 1, part: `${epoch}-${seq} `, ...data } : data,
  };
}

/** What one worker does with a run while it has the lease. */
export interface LeaseStory {
  /** Sizes of what it tells at once, and whether that was stored before. */
  readonly batches: readonly { readonly size: number; readonly isStoredFirst: boolean }[];
  /** A commit brings so many batches. */
  readonly batchesPerCommit: number;
  /** The worker is lost after so many commits; `null`: it parks the run, or ends it if it is the last one. */
  readonly lostAfterCommits: number | null;
  /** A parked run gets an event from the store itself, as by a decision. */
  readonly isDecided: boolean;
}

/** Something that happens outside the API process. */
export type Moment =
  | { readonly type: 'tell'; readonly epoch: number; readonly events: readonly PlacedEvent[] }
  | { readonly type: 'store'; readonly rows: readonly PlacedEvent[]; readonly status: RunStatus };

export interface RunHistory {
  readonly moments: readonly Moment[];
  /** Everything that is stored in the end, piece by piece. */
  readonly stored: readonly PlacedEvent[];
  readonly told: readonly PlacedEvent[];
}

function rowsOf(events: readonly PlacedEvent[]): readonly PlacedEvent[] {
  const [first] = events;
  return first === undefined ? [] : packTokens(events).map((row) => ({ ...row, epoch: first.epoch }));
}

/** Plays leases one after the other, as the workers and the store would: the last one ends the run. */
export function playHistory(leases: readonly LeaseStory[]): RunHistory {
  const accepted = placed(0, 1, 'run-accepted', { kind: 'workflow', workflowName: 'w' });
  const moments: Moment[] = [];
  const stored: PlacedEvent[] = [accepted];
  const told: PlacedEvent[] = [];
  const tell = (epoch: number, events: readonly PlacedEvent[]): void => {
    told.push(...events);
    moments.push({ type: 'tell', epoch, events });
  };
  const store = (events: readonly PlacedEvent[], status: RunStatus): void => {
    stored.push(...events);
    moments.push({ type: 'store', rows: rowsOf(events), status });
  };
  for (const [index, lease] of leases.entries()) {
    const epoch = index + 1;
    let seq = stored.length;
    const next = (type: RunEventType): PlacedEvent => placed(epoch, ++seq, type);
    const isLast = index === leases.length - 1;
    const commitsLeft = { count: isLast ? Number.POSITIVE_INFINITY : (lease.lostAfterCommits ?? Number.POSITIVE_INFINITY) };
    let uncommitted: PlacedEvent[] = [];
    const commit = (): void => {
      if (commitsLeft.count <= 0 || uncommitted.length === 0) return;
      commitsLeft.count -= 1;
      store(uncommitted, 'running');
      uncommitted = [];
    };
    const batches = [{ size: 0, isStoredFirst: false }, ...lease.batches];
    for (const [number, { size, isStoredFirst }] of batches.entries()) {
      const events =
        number === 0 ? [next(epoch === 1 ? 'run-started' : 'run-resumed')] : Array.from({ length: size }, () => next('token'));
      uncommitted.push(...events);
      if (isStoredFirst) commit();
      tell(epoch, events);
      if (!isStoredFirst && number % lease.batchesPerCommit === lease.batchesPerCommit - 1) commit();
    }
    if (!isLast && lease.lostAfterCommits !== null) continue;
    const end = next(isLast ? 'run-completed' : 'run-parked');
    store([...uncommitted, end], isLast ? 'completed' : 'waiting');
    tell(epoch, [end]);
    if (!isLast && lease.isDecided) store([next('approval-approved')], 'queued');
  }
  return { moments, stored, told };
}
