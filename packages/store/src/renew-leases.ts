import type { LeaseRef } from '@orchestrator/contracts';
import { commitRetryMs } from './commit-runs.ts';
import { type Batcher, createBatcher } from './create-batcher.ts';
import type { Rpc } from './create-rpc.ts';
import { asJson } from './json-payload.ts';

/** Renews leases by group commit; each lease resolves to whether it is still ours. */
export function createRenewalBatcher(rpc: Rpc, leaseMs: number): Batcher<LeaseRef, boolean> {
  async function send(leases: readonly LeaseRef[]): Promise<readonly boolean[]> {
    const rows = leases.map(({ runId, epoch }) => ({ runId, epoch }));
    const payload = { leaseMs, leases: asJson(rows) };
    const lost = (await rpc.call('renew_leases', payload, rows.length, commitRetryMs)) as readonly LeaseRef[] | null;
    const lostKeys = new Set(lost?.map(leaseKey));
    return leases.map((lease) => !lostKeys.has(leaseKey(lease)));
  }

  return createBatcher({ send });
}

function leaseKey({ runId, epoch }: LeaseRef): string {
  return `${runId}.${epoch}`;
}
