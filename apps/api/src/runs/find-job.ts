import { AppError, type RunSnapshot } from '@orchestrator/contracts';
import type { ApiStore } from '../ports.ts';
import { tenantId } from '../tenant.ts';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function jobNotFound(): AppError {
  return new AppError('not-found', 'There is no such job.');
}

export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/**
 * The run id that a path names. What is no UUID can't be a job, so it never reaches the database.
 * @throws AppError `not-found`
 */
export function parseJobId(text: string): string {
  const id = text.toLowerCase();
  if (!uuid.test(id)) throw jobNotFound();
  return id;
}

/** @throws AppError `not-found` */
export async function findJob(store: Pick<ApiStore, 'getRuns'>, runId: string): Promise<RunSnapshot> {
  const [snapshot] = await store.getRuns({ tenantId, runIds: [runId] });
  if (snapshot === undefined) throw jobNotFound();
  return snapshot;
}
