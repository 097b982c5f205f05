import {
  type EventPosition,
  formatEventId,
  isAfter,
  type PlacedEvent,
  type RunEventType,
  unpackTokens,
} from '@orchestrator/contracts';

/** Events of a run that are kept for its readers; who is further behind reads the store. */
const maxKept = 512;
/** Events that came ahead of a gap; more of them are read from the store when it is closed. */
const maxHeld = 2_000;

const terminalTypes: ReadonlySet<RunEventType> = new Set(['run-completed', 'run-failed', 'run-cancelled']);

export function isTerminalEvent({ type }: { readonly type: RunEventType }): boolean {
  return terminalTypes.has(type);
}

/** What a worker tells first when it gets a run. */
const leaseStarts: ReadonlySet<string> = new Set(['run-started', 'run-resumed']);

/**
 * Whether nothing can lie between the two. Within a lease the numbers tell. The first event of the very next lease follows as well:
 * its number says where the store stood when that lease was given, and nobody writes under the one before any more. After any other
 * change of lease the store must be asked, since a lost holder's last numbers are given again.
 */
function isNext(last: EventPosition, event: PlacedEvent): boolean {
  if (event.seq !== last.seq + 1) return false;
  return event.epoch === last.epoch || (event.epoch === last.epoch + 1 && leaseStarts.has(event.type));
}

/**
 * The latest events of one run in order, without gaps, as far as this process knows them.
 *
 * Told events are appended when they follow what is here. One that leaves a gap (a message got lost, a new lease began) is held
 * until the store has filled it. What the store says is complete up to where it says it is.
 */
export class RunFeed {
  readonly runId: string;
  #kept: PlacedEvent[] = [];
  /** Events after this position are here. */
  #from: EventPosition;
  #last: EventPosition;
  #held = new Map<string, PlacedEvent>();
  #isEnded = false;
  #change = Promise.withResolvers<void>();

  /** @param start - what is stored up to here is not needed */
  constructor(runId: string, start: EventPosition) {
    this.runId = runId;
    this.#from = start;
    this.#last = start;
  }

  get last(): EventPosition {
    return this.#last;
  }

  /** The terminal event is here, or there is none to come. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get hasGap(): boolean {
    return this.#held.size > 0;
  }

  /** Whether every event after a position is here. */
  covers(position: EventPosition): boolean {
    return !isAfter(this.#from, position);
  }

  since(position: EventPosition): readonly PlacedEvent[] {
    const index = this.#kept.findIndex((event) => isAfter(event, position));
    return index === -1 ? [] : this.#kept.slice(index);
  }

  /** Resolves with the next change. */
  changed(): Promise<void> {
    return this.#change.promise;
  }

  /** @returns whether there is a gap that the store has to fill */
  tell(events: readonly PlacedEvent[]): boolean {
    for (const event of events) {
      if (!isAfter(event, this.#last)) continue;
      if (isNext(this.#last, event)) this.#append(event);
      else if (this.#held.size < maxHeld) this.#held.set(formatEventId(event), event);
    }
    this.wakeReaders();
    return this.hasGap;
  }

  /** What the store has after `last`. @param isOver - nothing will come after it */
  fill(stored: readonly PlacedEvent[], isOver: boolean): void {
    for (const event of stored.flatMap(unpackTokens)) if (isAfter(event, this.#last)) this.#append(event);
    for (const [id, event] of this.#held) if (!isAfter(event, this.#last)) this.#held.delete(id);
    if (isOver) this.#isEnded = true;
    this.wakeReaders();
  }

  /** Lets readers look again. */
  wakeReaders(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  /** Appends an event, and what was held behind it. */
  #append(event: PlacedEvent): void {
    for (let next: PlacedEvent | undefined = event; next !== undefined; next = this.#heldNext()) {
      this.#kept.push(next);
      this.#last = { epoch: next.epoch, seq: next.seq };
      this.#held.delete(formatEventId(next));
      if (isTerminalEvent(next)) this.#isEnded = true;
      if (this.#kept.length > maxKept) this.#dropOldest();
    }
  }

  #heldNext(): PlacedEvent | undefined {
    if (this.#held.size === 0) return undefined;
    const { epoch, seq } = this.#last;
    const inLease = this.#held.get(formatEventId({ epoch, seq: seq + 1 }));
    const inNextLease = this.#held.get(formatEventId({ epoch: epoch + 1, seq: seq + 1 }));
    return [inLease, inNextLease].find((event) => event !== undefined && isNext(this.#last, event));
  }

  #dropOldest(): void {
    const dropped = this.#kept.splice(0, maxKept / 2).at(-1);
    if (dropped !== undefined) this.#from = { epoch: dropped.epoch, seq: dropped.seq };
  }
}
