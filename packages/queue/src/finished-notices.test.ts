import type { RelayMessage } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { createFinishedNotices } from './finished-notices.ts';

function setUp() {
  const sent: { topic: string; runIds: readonly string[]; done: () => void }[] = [];
  const notices = createFinishedNotices(
    (topic, message: RelayMessage) =>
      new Promise<void>((done) => sent.push({ topic, runIds: 'runIds' in message ? message.runIds : [], done })),
  );
  return { sent, notices };
}

it('has one message per topic in flight and puts the rest in the next', async () => {
  const { sent, notices } = setUp();
  for (const runId of ['a', 'b', 'b']) notices.add('one', runId);
  notices.add('two', 'c');
  await Promise.resolve();
  expect(sent.map(({ topic, runIds }) => [topic, runIds])).toEqual([
    ['one', ['a', 'b']],
    ['two', ['c']],
  ]);
  notices.add('one', 'd');
  notices.add('one', 'e');
  expect(sent).toHaveLength(2);
  const drained = notices.drained();
  for (let index = 0; index < 3; index += 1) {
    sent[index]?.done();
    await Promise.resolve();
    await Promise.resolve();
  }
  await drained;
  expect(sent[2]?.runIds).toEqual(['d', 'e']);
  notices.add('one', 'f');
  await Promise.resolve();
  expect(sent[3]?.runIds).toEqual(['f']);
});
