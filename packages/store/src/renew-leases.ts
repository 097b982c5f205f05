import type { LeaseRef } from '@orchestrator/contracts';
import { type Batcher, createBatcher } from './create-batcher.ts';
import type { Rpc } from './create-rpc.ts';
import { asJson } from './json-payload.ts';

/**
 * A connection that has silently died must not take the leases with it: a try is given up after a quarter of a lease, and
 * two more follow on other connections before a lease that was renewed 2/7 of its time ago runs out.
 */
const triesPerLease = 4;
/** More than the pauses between three tries, milliseconds. */
const pausesMs = 250;

/** Renews leases by group commit; each lease resolves to whether it is still ours. */
export function createRenewalBatcher(rpc: Rpc, leaseMs: number): Batcher<LeaseRef, boolean> {
  const tryMs = Math.ceil(leaseMs / triesPerLease);
  const retryMs = 2 * tryMs + pausesMs;

  async function send(leases: readonly LeaseRef[]): Promise<readonly boolean[]> {
    const rows = leases.map(({ runId, epoch }) => ({ runId, epoch }));
    const payload = { leaseMs, leases: asJson(rows) };
    const lost = (await rpc.call('renew_leases', payload, rows.length, retryMs, tryMs)) as readonly LeaseRef[] | null;
    const lostKeys = new Set(lost?.map(leaseKey));
    return leases.map((lease) => !lostKeys.has(leaseKey(lease)));
  }

  return createBatcher({ send });
}

function leaseKey({ runId, epoch }: LeaseRef): string {
  return `${runId}.${epoch}`;
}
