import { type AcceptResult, AppError, type JsonObject, type NewRun } from '@orchestrator/contracts';
import { type Batcher, createBatcher } from './create-batcher.ts';
import type { Rpc } from './create-rpc.ts';
import { estimateJsonBytes } from './estimate-json-bytes.ts';
import { asJson } from './json-payload.ts';

interface Answer {
  readonly id: string;
  readonly status: AcceptResult['status'] | 'definition-missing';
  readonly runId: string;
  readonly epoch: number;
  readonly wakeNo: number;
  readonly isInUse: boolean;
}

const maxKnownDefinitions = 10_000;

/**
 * Accepts runs by group commit. A definition normally travels once per process: hashes known to be stored are kept,
 * and if the database knows one no longer (it was restored from a backup), the answer says so and the run is sent
 * again with its definition.
 */
export function createAcceptBatcher(rpc: Rpc): Batcher<NewRun, AcceptResult> {
  const known = new Set<string>();

  function remember(key: string): void {
    known.add(key);
    if (known.size > maxKnownDefinitions) {
      for (const oldest of known) {
        known.delete(oldest);
        break;
      }
    }
  }

  async function store(runs: readonly NewRun[]): Promise<Map<string, Answer>> {
    const definitions = new Map<string, JsonObject>();
    const rows = runs.map(({ definition, ...row }) => {
      const key = definitionKey(row);
      if (key !== undefined && definition !== undefined && !known.has(key)) {
        definitions.set(key, { tenantId: row.tenantId, sha256: row.definitionSha256 ?? '', definition });
      }
      return row;
    });
    const payload =
      definitions.size === 0 ? { runs: asJson(rows) } : { runs: asJson(rows), definitions: [...definitions.values()] };
    const answers = (await rpc.call('accept_runs', payload, rows.length)) as readonly Answer[] | null;
    for (const key of definitions.keys()) remember(key);
    return new Map((answers ?? []).map((answer) => [answer.id, answer]));
  }

  async function send(runs: readonly NewRun[]): Promise<readonly AcceptResult[]> {
    const answers = await store(runs);
    const missing = runs.filter((run) => answers.get(run.id)?.status === 'definition-missing');
    if (missing.length > 0) {
      for (const run of missing) {
        known.delete(definitionKey(run) ?? '');
        answers.delete(run.id);
      }
      for (const [id, answer] of await store(missing)) answers.set(id, answer);
    }
    return runs.map((run) => toResult(run, answers.get(run.id)));
  }

  return createBatcher({ send, sizeOf: estimateJsonBytes, exclusiveKey: (run) => run.id });
}

function definitionKey(run: Pick<NewRun, 'tenantId' | 'definitionSha256'>): string | undefined {
  return run.definitionSha256 === undefined ? undefined : `${run.definitionSha256} ${run.tenantId}`;
}

function toResult(run: NewRun, answer: Answer | undefined): AcceptResult {
  if (answer === undefined) return { status: 'accepted', runId: run.id, epoch: 0, wakeNo: 1 };
  const { status, runId, epoch, wakeNo, isInUse } = answer;
  if (status === 'accepted') return { status, runId, epoch, wakeNo };
  if (status === 'duplicate') return { status, runId, isInUse };
  if (status === 'key-reused') return { status };
  throw new AppError('internal', 'The run names a definition that is not stored and was not sent.', {
    details: { runId: run.id, definitionSha256: run.definitionSha256 },
  });
}
