import type { JsonObject, ListRunsQuery, RunPage, RunSummary, StepSummary } from '@orchestrator/contracts';
import type { Rpc } from './create-rpc.ts';
import { asJson, isUuid } from './json-payload.ts';

interface Answer {
  readonly runs: readonly Omit<RunSummary, 'steps'>[];
  /** Of each run, in the same order. */
  readonly steps: readonly (readonly StepSummary[])[];
  readonly next: string | null;
}

/** An id or cursor that can't exist matches nothing: it must not reach the database, which would refuse the call. */
export async function listRuns(rpc: Rpc, query: ListRunsQuery): Promise<RunPage> {
  const { workflowId, before } = query;
  if ((workflowId !== undefined && !isUuid(workflowId)) || (before !== undefined && !isUuid(before))) return { runs: [] };
  const { runs, steps, next } = (await rpc.call('list_runs', asJson(query) as JsonObject)) as Answer;
  return {
    runs: runs.map((run, index) => ({ ...run, steps: steps[index] ?? [] })),
    ...(next !== null && { next }),
  };
}
