import type { OpenAiInputItem } from '@orchestrator/contracts';
import type { ApiStore } from '../../ports.ts';
import { tenantId } from '../../tenant.ts';
import { toAnswer } from '../answer/answer.ts';
import { type EarlierAnswer, type FindAnswer, referencedRuns } from './read-input.ts';

/**
 * Reads the answers that items of an input refer to, all at once.
 * @throws AppError `store-unavailable`
 */
export async function findEarlierAnswers(
  store: Pick<ApiStore, 'getRuns'>,
  input: string | readonly OpenAiInputItem[],
): Promise<FindAnswer> {
  const runIds = referencedRuns(input);
  const runs = runIds.length === 0 ? [] : await store.getRuns({ tenantId, runIds });
  const answers = new Map<string, EarlierAnswer>();
  for (const run of runs) {
    if (run.kind === 'generate' && run.status === 'completed') answers.set(run.runId, toAnswer(run, { isParallel: true }));
  }
  return (runId) => answers.get(runId);
}
