import { type ModelPart, type PlacedEvent, type RunEventType, type RunSnapshot, tokenData } from '@orchestrator/contracts';
import { settle } from '../../testing/manual-clock.ts';
import { replyTo, type TestApi } from '../../testing/start-api.ts';

export interface ToldRun {
  readonly runId: string;
  /** Tells the API what a worker would, and lets it settle. */
  tell(type: RunEventType, data?: PlacedEvent['data']): Promise<void>;
  tellPart(part: ModelPart): Promise<void>;
  /** Ends the run, in the store and in its events. */
  end(patch: Partial<RunSnapshot>): Promise<void>;
}

/** Waits for the next run that is accepted; its events are then told one by one, as by the worker that has it. */
export async function tellNextRun(test: TestApi): Promise<ToldRun> {
  const { id: runId } = await test.nextAccepted();
  const events: PlacedEvent[] = [
    { epoch: 0, seq: 1, type: 'run-accepted', data: { kind: 'generate', workflowName: 'generate' }, atMs: 0 },
  ];
  test.store.events.set(runId, events);
  await settle();

  async function tell(type: RunEventType, data: PlacedEvent['data'] = {}): Promise<void> {
    const event = { seq: events.length + 1, type, data, atMs: test.clock.nowMs() };
    events.push({ ...event, epoch: 1 });
    test.queue.deliver(replyTo, { type: 'run-events', runs: [{ runId, epoch: 1, events: [event] }] });
    await settle();
  }

  return {
    runId,
    tell,
    tellPart: (part) => tell('token', tokenData('generate', 1, part)),
    async end(patch) {
      test.store.patch(runId, { wakeAtMs: undefined as never, ...patch });
      await tell(`run-${patch.status}` as RunEventType, { degraded: false });
    },
  };
}
