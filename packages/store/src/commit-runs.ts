import type { CommitResult, RunCommit, StepRecord } from '@orchestrator/contracts';
import { type Batcher, createBatcher } from './create-batcher.ts';
import type { Rpc } from './create-rpc.ts';
import { estimateJsonBytes } from './estimate-json-bytes.ts';
import { asJson } from './json-payload.ts';

interface Answer {
  readonly runId: string;
  readonly status: CommitResult['status'];
  readonly wakeNo?: number;
}

/**
 * An unreachable store is tried again for this long: shorter than a lease (7 s), long enough for a restart of
 * Postgres. Repeating is safe, the commit number makes it so.
 */
export const commitRetryMs = 2_000;

const committed: CommitResult = { status: 'committed' };

/** Commits by group commit; two commits of one run never share a batch and keep their order. */
export function createCommitBatcher(rpc: Rpc): Batcher<RunCommit, CommitResult> {
  async function send(commits: readonly RunCommit[]): Promise<readonly CommitResult[]> {
    const payload = { commits: asJson(commits.map(withoutReplacedSteps)) };
    const answers = (await rpc.call('commit_runs', payload, commits.length, commitRetryMs)) as readonly Answer[] | null;
    if (answers === null) return commits.map(() => committed);
    const byRun = new Map(answers.map(({ runId, ...result }) => [runId, result as CommitResult]));
    return commits.map((commit) => byRun.get(commit.runId) ?? committed);
  }

  return createBatcher({ send, sizeOf: estimateJsonBytes, exclusiveKey: (commit) => commit.runId });
}

/** Keeps the last record of each step visit: Postgres refuses to upsert one row twice in a statement. */
function withoutReplacedSteps(commit: RunCommit): RunCommit {
  if (commit.steps.length < 2) return commit;
  const steps = new Map<string, StepRecord>(commit.steps.map((step) => [`${step.visit} ${step.path}`, step]));
  return steps.size === commit.steps.length ? commit : { ...commit, steps: [...steps.values()] };
}
