import type { Contender } from './contender.ts';
import { stepsPerRun } from './phases.ts';

interface Stored {
  readonly runs: number;
  readonly open: number;
  readonly unsuccessful: number;
  readonly steps: number;
}

const question = `
  select (select count(*)::int from ai_workflow_runs) as runs,
    (select count(*)::int from ai_workflow_runs where finished_at is null) as open,
    (select count(*)::int from ai_workflow_runs where finished_at is not null and status <> 'completed') as unsuccessful,
    (select count(*)::int from ai_workflow_run_steps where status = 'completed') as steps`;

/**
 * Speed without the work would be worthless: every run that was measured must be stored as completed, with all its steps.
 * @returns what was checked, a sentence per database
 * @throws Error when something is missing
 */
export async function checkStored(contenders: Iterable<Contender>): Promise<string[]> {
  const sentences: string[] = [];
  for (const { name, database } of contenders) {
    if (database === undefined || name === 'api') continue;
    const [stored] = await database.query<Stored>(question);
    if (stored === undefined) throw new Error(`${name}: no answer`);
    const { runs, open, unsuccessful, steps } = stored;
    if (open > 0 || unsuccessful > 0 || steps !== runs * stepsPerRun) {
      throw new Error(
        `${name}: of ${runs} runs ${open} are open, ${unsuccessful} failed; ${steps} steps are stored as completed`,
      );
    }
    sentences.push(`Checked in the database of "${name}": all ${runs} runs are completed, with ${steps} committed steps.`);
  }
  return sentences;
}
