import type { ClaimedRun } from '@orchestrator/contracts';
import { type Batcher, createBatcher } from './create-batcher.ts';
import type { Rpc } from './create-rpc.ts';
import { isUuid } from './json-payload.ts';

export interface Claim {
  readonly runId: string;
  readonly workerId: string;
  readonly token: string;
}

/** Claims by group commit, one batcher per worker id: a batch names its worker once. */
export function createClaimBatcher(rpc: Rpc, leaseMs: number): Batcher<Claim, ClaimedRun | null> {
  async function claimFor(workerId: string, claims: readonly Claim[], claimed: Map<string, ClaimedRun>): Promise<void> {
    const rows = claims.map(({ runId, token }) => ({ runId, token }));
    const runs = (await rpc.call('claim_runs', { workerId, leaseMs, claims: rows }, rows.length)) as
      | readonly (ClaimedRun & { readonly token: string })[]
      | null;
    for (const { token: _, ...run } of runs ?? []) claimed.set(run.runId, run);
  }

  async function send(claims: readonly Claim[]): Promise<readonly (ClaimedRun | null)[]> {
    const claimed = new Map<string, ClaimedRun>();
    const valid = claims.filter((claim) => isUuid(claim.runId));
    for (const [workerId, group] of Map.groupBy(valid, (claim) => claim.workerId)) {
      await claimFor(workerId, group, claimed);
    }
    return claims.map((claim) => claimed.get(claim.runId) ?? null);
  }

  return createBatcher({ send, exclusiveKey: (claim) => claim.runId });
}
