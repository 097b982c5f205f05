import {
  AppError,
  type EventPosition,
  isAfter,
  type PlacedEvent,
  type StoredEvents,
  unpackTokens,
} from '@orchestrator/contracts';
import type { ApiStore, Clock } from '../ports.ts';
import { tenantId } from '../tenant.ts';

export interface ReadStoredDeps {
  readonly store: Pick<ApiStore, 'readEvents'>;
  readonly clock: Clock;
}

/** Rows of one read. A row holds up to 200 ms of an answer. */
export const pageRows = 200;
/** A store that fails is asked again this often before readers are let go: they resume. */
const maxTries = 5;
const firstRetryMs = 200;

/** @throws AppError what the store throws, the fifth time in a row */
export async function readPage(
  { store, clock }: ReadStoredDeps,
  runId: string,
  after: EventPosition,
): Promise<StoredEvents | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await store.readEvents({ tenantId, runId, after, limit: pageRows });
    } catch (error) {
      if (!(error instanceof AppError && error.retryable) || tries === maxTries) throw error;
      await new Promise<void>((resolve) => clock.setTimer(firstRetryMs * tries, resolve));
    }
  }
}

/**
 * The next events after a position, some of them; none when nothing is stored after it.
 * @throws AppError like `readPage`
 */
export async function readUnseen(deps: ReadStoredDeps, runId: string, position: EventPosition): Promise<readonly PlacedEvent[]> {
  for (let after = position; ; ) {
    const { events = [] } = (await readPage(deps, runId, after)) ?? {};
    const unseen = events.flatMap(unpackTokens).filter((event) => isAfter(event, position));
    const end = events.at(-1);
    // A position that this run never had can have a page of earlier leases behind it.
    if (unseen.length > 0 || end === undefined || events.length < pageRows) return unseen;
    after = { epoch: end.epoch, seq: end.seq };
  }
}
