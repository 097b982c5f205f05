import { type Batcher, createBatcher } from './create-batcher.ts';
import type { Rpc } from './create-rpc.ts';
import { type RunRef, refKey } from './get-runs.ts';
import { isUuid } from './json-payload.ts';

/** Reads versions of runs; pollers of one process share requests, and a run asked for twice travels once. */
export function createVersionReader(rpc: Rpc): Batcher<RunRef, string | null> {
  async function send(refs: readonly RunRef[]): Promise<readonly (string | null)[]> {
    const wanted = new Map(refs.filter((ref) => isUuid(ref.runId)).map((ref) => [refKey(ref), ref]));
    if (wanted.size === 0) return refs.map(() => null);
    const rows = [...wanted.values()].map(({ tenantId, runId }) => ({ tenantId, runId }));
    const found = (await rpc.call('get_run_versions', { runs: rows }, rows.length)) as
      | readonly (RunRef & { readonly version: string })[]
      | null;
    const byKey = new Map(found?.map((run) => [refKey(run), run.version]));
    return refs.map((ref) => byKey.get(refKey(ref)) ?? null);
  }

  return createBatcher({ send });
}
