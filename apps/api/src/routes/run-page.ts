import type { ListRunsQuery, RunListEntry } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { encodeCursor, parseCursor } from '../http/cursor.ts';
import { nextLink } from '../http/next-link.ts';
import type { Call } from '../http/route.ts';
import { tenantId } from '../tenant.ts';
import { toRunListEntry } from '../views/run-list-entry.ts';

export interface RunPageView {
  readonly entries: readonly RunListEntry[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads one page of a list of runs. @throws AppError `validation-failed` for a malformed cursor */
export async function readRunPage(
  context: ApiContext,
  call: Call,
  query: Omit<ListRunsQuery, 'tenantId' | 'before'> & { readonly cursor?: string },
): Promise<RunPageView> {
  const { cursor, ...filter } = query;
  const before = cursor === undefined ? {} : { before: parseCursor(cursor) };
  const { runs, next } = await context.store.listRuns({ tenantId, ...filter, ...before });
  const nowMs = context.clock.nowMs();
  const entries = runs.map((run) => toRunListEntry(run, nowMs));
  if (next === undefined) return { entries, headers: {} };
  const nextCursor = encodeCursor(next);
  return { entries, nextCursor, headers: { Link: nextLink(call, nextCursor) } };
}
