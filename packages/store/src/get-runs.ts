import type { RunSnapshot } from '@orchestrator/contracts';
import { type Batcher, createBatcher } from './create-batcher.ts';
import type { Rpc } from './create-rpc.ts';
import { isUuid } from './json-payload.ts';

export interface RunRef {
  readonly tenantId: string;
  readonly runId: string;
}

/** Reads runs; pollers of one process share requests, and a run asked for twice travels once. */
export function createRunReader(rpc: Rpc): Batcher<RunRef, RunSnapshot | null> {
  async function send(refs: readonly RunRef[]): Promise<readonly (RunSnapshot | null)[]> {
    const wanted = new Map(refs.filter((ref) => isUuid(ref.runId)).map((ref) => [refKey(ref), ref]));
    if (wanted.size === 0) return refs.map(() => null);
    const rows = [...wanted.values()].map(({ tenantId, runId }) => ({ tenantId, runId }));
    const runs = (await rpc.call('get_runs', { runs: rows }, rows.length)) as readonly RunSnapshot[] | null;
    const byKey = new Map(runs?.map((run) => [refKey(run), run]));
    return refs.map((ref) => byKey.get(refKey(ref)) ?? null);
  }

  return createBatcher({ send });
}

export function refKey({ tenantId, runId }: RunRef): string {
  return `${runId.toLowerCase()} ${tenantId}`;
}
