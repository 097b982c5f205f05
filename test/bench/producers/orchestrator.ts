import { randomUUID } from 'node:crypto';
import type { NewRun } from '@orchestrator/contracts';
import { createQueue } from '@orchestrator/queue';
import { createStore, type StoreConnection } from '@orchestrator/store';
import { newRun } from '../../../packages/store/src/testing/run-fixtures.ts';
import { type Work, works } from './load.ts';
import type { Producer } from './producer.ts';
import { sha256Of, workflowOf } from './workflows.ts';

/**
 * Does what the API does with a submission: commit the run, wake a worker, wait for the worker's reply. Without HTTP, validation and
 * the read of the result.
 */
export async function createOrchestratorProducer(connection: StoreConnection, redisUrl: string): Promise<Producer> {
  const log = { debug: () => {}, info: () => {}, warn: report, error: report };
  const store = createStore({ connection });
  const queue = await createQueue({ backend: { type: 'redis', url: redisUrl }, log });
  const replyTo = `replies.bench-${randomUUID()}`;
  const waiting = new Map<string, () => void>();
  await queue.subscribe(replyTo, (message) => {
    if (message.type !== 'runs-finished') return;
    for (const runId of message.runIds) {
      waiting.get(runId)?.();
      waiting.delete(runId);
    }
  });
  const parts = Object.fromEntries(
    works.map((work) => {
      const definition = workflowOf(work);
      const definitionSha256 = sha256Of(definition);
      return [work, { definition, definitionSha256, workflowName: String(definition.name), replyTo, input: {} }];
    }),
  ) as Record<Work, Partial<NewRun>>;

  return {
    async submit(work) {
      const run = newRun(parts[work]);
      const { id: runId, kind, priority } = run;
      const finished = new Promise<void>((resolve) => waiting.set(runId, resolve));
      const accepted = await store.acceptRun(run);
      if (accepted.status !== 'accepted') throw new Error(`a new run was answered with ${accepted.status}`);
      queue.wake([{ runId, kind, priority, epoch: accepted.epoch, wakeNo: accepted.wakeNo }]).catch((error: unknown) => {
        report({ error: String(error) }, 'a wake-up was not sent');
      });
      await finished;
    },
    storeCounters: () => store.metrics(),
    async close() {
      await queue.close();
      await store.close();
    },
  };
}

function report(facts: object, sentence: string): void {
  console.error(sentence, facts);
}
