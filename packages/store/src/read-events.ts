import type { EventPosition, StoredEvents } from '@orchestrator/contracts';
import { type Batcher, createBatcher } from './create-batcher.ts';
import type { Rpc } from './create-rpc.ts';
import { isUuid } from './json-payload.ts';

export interface EventsRead {
  readonly tenantId: string;
  readonly runId: string;
  readonly after: EventPosition;
  /** Rows at most. */
  readonly limit: number;
}

/** One row of a run's events can hold 200 ms of an answer, so batches are cut by rows as well as by runs. */
const maxReadsPerBatch = 200;

/** Reads what happened in runs; readers of one process share requests. */
export function createEventReader(rpc: Rpc): Batcher<EventsRead, StoredEvents | null> {
  async function send(reads: readonly EventsRead[]): Promise<readonly (StoredEvents | null)[]> {
    const valid = reads.filter(({ runId }) => isUuid(runId));
    if (valid.length === 0) return reads.map(() => null);
    const rows = valid.map(({ tenantId, runId, after: { epoch, seq }, limit }) => ({ tenantId, runId, epoch, seq, limit }));
    const runs = (await rpc.call('read_events', { reads: rows }, rows.length)) as readonly StoredEvents[] | null;
    const byRun = new Map(runs?.map((run) => [run.runId, run]));
    return reads.map(({ runId }) => byRun.get(runId.toLowerCase()) ?? null);
  }

  // One answer a run: who asks for the same run from elsewhere waits for the next request.
  return createBatcher({ send, maxItems: maxReadsPerBatch, exclusiveKey: ({ runId }) => runId.toLowerCase() });
}
