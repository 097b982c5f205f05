import type { RelayMessage, RunEvent } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { createLivePublisher } from './live-publisher.ts';

const epoch = 3;
const token = (seq: number, part = `piece ${seq}`): RunEvent => ({
  seq,
  type: 'token',
  data: { path: 'ask', attempt: 1, part },
  atMs: 1_800_000_000_000,
});
const tokens = (first: number, count: number) => Array.from({ length: count }, (_, index) => token(first + index));

/** A queue that takes messages when it is told to. */
function createSlowQueue() {
  const sent: { readonly topic: string; readonly message: RelayMessage }[] = [];
  let waiting: (() => void)[] = [];
  return {
    sent,
    publish: (topic: string, message: RelayMessage) => {
      sent.push({ topic, message });
      return new Promise<void>((resolve) => void waiting.push(resolve));
    },
    /** Answers everything that was sent so far, and lets what waited for that go out. */
    async answer() {
      for (const resolve of waiting.splice(0)) resolve();
      await new Promise((resolve) => setImmediate(resolve));
    },
    async answerAll() {
      while (waiting.length > 0) await this.answer();
      waiting = [];
    },
    /** Numbers of the events of a run by message, for one topic. */
    seqs: (topic: string, runId: string) =>
      sent.flatMap(({ topic: to, message }) =>
        to === topic && message.type === 'run-events'
          ? [message.runs.filter((run) => run.runId === runId).flatMap((run) => run.events.map(({ seq }) => seq))]
          : [],
      ),
  };
}

function createWorld() {
  const queue = createSlowQueue();
  const clock = { nowMs: 1_000_000 };
  const publisher = createLivePublisher({ queue, nowMs: () => clock.nowMs });
  return {
    queue,
    clock,
    publisher,
    follow: (topic: string, ...runIds: string[]) => publisher.onFollow({ type: 'follow', topic, runIds }),
  };
}

const live = { runId: 'a', epoch, replyTo: 'replies.1' };

it('says nothing of runs that nobody follows', () => {
  const { publisher, queue } = createWorld();
  publisher.tell({ runId: 'a', epoch }, [token(1)]);
  expect(queue.sent).toEqual([]);
  expect(publisher.isFollowed('a')).toBe(false);
});

it('sends the first event at once, and what comes meanwhile together', async () => {
  const { publisher, queue } = createWorld();
  publisher.tell(live, [token(1)]);
  expect(queue.sent).toEqual([
    { topic: 'replies.1', message: { type: 'run-events', runs: [{ runId: 'a', epoch, events: [token(1)] }] } },
  ]);
  publisher.tell(live, tokens(2, 2));
  publisher.tell({ ...live, runId: 'b' }, [token(7)]);
  publisher.tell(live, [token(4)]);
  expect(queue.sent).toHaveLength(1);
  await queue.answer();
  expect(queue.sent).toHaveLength(2);
  expect(queue.seqs('replies.1', 'a')).toEqual([[1], [2, 3, 4]]);
  expect(queue.seqs('replies.1', 'b')).toEqual([[], [7]]);
  await queue.answer();
  expect(queue.sent).toHaveLength(2);
  // Idle again: at once, as in the beginning.
  publisher.tell(live, [token(5)]);
  expect(queue.seqs('replies.1', 'a')).toEqual([[1], [2, 3, 4], [5]]);
});

it('tells everybody who follows, and each of them at their own pace', async () => {
  const { publisher, queue, follow } = createWorld();
  follow('replies.2', 'a');
  follow('replies.1', 'a', 'b');
  publisher.tell(live, [token(1)]);
  expect(queue.sent.map(({ topic }) => topic).sort()).toEqual(['replies.1', 'replies.2']);
  publisher.tell({ runId: 'b', epoch }, [token(9)]);
  await queue.answerAll();
  expect(queue.seqs('replies.1', 'b').flat()).toEqual([9]);
  expect(queue.seqs('replies.2', 'b').flat()).toEqual([]);
  expect(queue.seqs('replies.2', 'a').flat()).toEqual([1]);
});

it('forgets who has not asked again for 16 s', async () => {
  const { publisher, queue, clock, follow } = createWorld();
  follow('replies.1', 'a');
  follow('replies.2', 'a');
  clock.nowMs += 10_000;
  follow('replies.1', 'a');
  clock.nowMs += 6_001;
  publisher.tell({ runId: 'a', epoch }, [token(1)]);
  expect(queue.sent.map(({ topic }) => topic)).toEqual(['replies.1']);
  clock.nowMs += 10_000;
  expect(publisher.isFollowed('a')).toBe(false);
});

it('cuts what does not fit into one message, in order', async () => {
  const { publisher, queue } = createWorld();
  publisher.tell(live, [token(1)]);
  const big = Array.from({ length: 60 }, (_, index) => token(2 + index, 'x'.repeat(10_000)));
  publisher.tell(live, big);
  await queue.answerAll();
  const messages = queue.seqs('replies.1', 'a');
  expect(messages.flat()).toEqual(Array.from({ length: 61 }, (_, index) => index + 1));
  expect(messages.length).toBeGreaterThanOrEqual(6);
  for (const { message } of queue.sent) expect(JSON.stringify(message).length).toBeLessThan(130_000);
});

it('leaves a single event that is too long to the store', async () => {
  const { publisher, queue } = createWorld();
  publisher.tell(live, [token(1), token(2, 'x'.repeat(200_000)), token(3)]);
  publisher.tell({ ...live, runId: 'b' }, [token(1, 'x'.repeat(200_000))]);
  await queue.answerAll();
  expect(queue.seqs('replies.1', 'a').flat()).toEqual([1, 3]);
  expect(queue.seqs('replies.1', 'b').flat()).toEqual([]);
  await publisher.drained();
});

it('keeps no more than 4 million characters while messages do not get through', async () => {
  const { publisher, queue } = createWorld();
  for (let count = 0; count < 1_000; count += 1) publisher.tell(live, [token(1 + count, 'x'.repeat(10_000))]);
  await queue.answerAll();
  const seqs = queue.seqs('replies.1', 'a').flat();
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  expect(seqs.length).toBeGreaterThan(350);
  expect(seqs.length).toBeLessThan(410);
  // And goes on as soon as they do.
  publisher.tell(live, [token(1_001)]);
  await queue.answerAll();
  expect(queue.seqs('replies.1', 'a').at(-1)).toEqual([1_001]);
});

it('is drained when everything is sent', async () => {
  const { publisher, queue } = createWorld();
  publisher.tell(live, [token(1)]);
  publisher.tell(live, [token(2)]);
  let isDrained = false;
  const drained = publisher.drained().then(() => {
    isDrained = true;
  });
  await queue.answer();
  expect(isDrained).toBe(false);
  await queue.answer();
  await drained;
  expect(queue.seqs('replies.1', 'a')).toEqual([[1], [2]]);
});
