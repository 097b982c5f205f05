import type { LeaseEnd } from '../ports.ts';
import type { DriveResult } from './run-driver.ts';

/** What is told of a lease's end; without a result it could not be executed here. */
export function leaseEndOf(result: DriveResult | undefined): LeaseEnd {
  if (result === undefined) return { outcome: 'failed' };
  if (result.type === 'lost') return { outcome: 'lost' };
  if (result.type === 'parked') return { outcome: 'parked', status: result.status };
  const { transition, costNanoUsd } = result.commit;
  if (transition?.type !== 'finish') return { outcome: 'finished', costNanoUsd };
  const { status, error } = transition;
  return { outcome: 'finished', status, costNanoUsd, ...(error !== undefined && { errorName: error.name }) };
}
