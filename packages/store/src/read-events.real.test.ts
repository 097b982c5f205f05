import { randomUUID } from 'node:crypto';
import {
  type ClaimedRun,
  type EventPosition,
  eventsStart,
  formatEventId,
  isAfter,
  type RunEvent,
  unpackTokens,
} from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finish, newRun, nextCommit, tenantId } from './testing/run-fixtures.ts';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(async () => {
  await fixture.close();
});

const atMs = 1_800_000_000_000;
const event = (seq: number, type: RunEvent['type'], data: RunEvent['data'] = {}): RunEvent => ({ seq, type, data, atMs });
const tokens = (first: number, ...parts: string[]): RunEvent =>
  event(first + parts.length - 1, 'token', { path: 'ask', attempt: 1, first, parts });

async function claim(runId: string): Promise<ClaimedRun> {
  const claimed = await fixture.store.claimRun({ runId, workerId: 'w', token: randomUUID() });
  if (claimed === null) throw new Error('the run could not be claimed');
  return claimed;
}

const read = (runId: string, after: EventPosition = eventsStart, limit = 100) =>
  fixture.store.readEvents({ tenantId, runId, after, limit });

/** What a reader at a position has not seen, piece by piece. */
async function unseen(runId: string, after: EventPosition): Promise<string[]> {
  const stored = await read(runId, after);
  return (stored?.events ?? [])
    .flatMap(unpackTokens)
    .filter((each) => isAfter(each, after))
    .map((each) => `${formatEventId(each)} ${each.type === 'token' ? each.data.part : each.type}`);
}

/** A run whose first worker told up to 1-9 and was lost with what came after 1-6. */
async function takenOverRun(): Promise<string> {
  const run = newRun({ live: true });
  await fixture.store.acceptRun(run);
  const first = await claim(run.id);
  const started = [event(2, 'run-started'), event(3, 'step-started', { path: 'ask' }), tokens(4, 'a', 'b', 'c')];
  await fixture.store.commitRun(nextCommit(first, { events: started }));
  await fixture.admin.expireLease(run.id);
  const second = await claim(run.id);
  expect(second).toMatchObject({ epoch: 2, seq: 6, live: true });
  await fixture.store.commitRun(
    nextCommit(second, {
      events: [event(7, 'run-resumed'), event(8, 'restart', { path: 'ask' }), tokens(9, 'x', 'y'), event(11, 'run-completed')],
      transition: finish(),
    }),
  );
  return run.id;
}

describe('readEvents', () => {
  it('gives everything from the start, with the lease under which it happened', async () => {
    const runId = await takenOverRun();
    expect(await read(runId)).toMatchObject({ runId, kind: 'workflow', status: 'completed', last: { epoch: 2, seq: 11 } });
    expect(await unseen(runId, eventsStart)).toEqual([
      '0-1 run-accepted',
      '1-2 run-started',
      '1-3 step-started',
      ...['1-4 a', '1-5 b', '1-6 c'],
      '2-7 run-resumed',
      '2-8 restart',
      ...['2-9 x', '2-10 y'],
      '2-11 run-completed',
    ]);
  });

  it.each<[string, EventPosition, string]>([
    ['in the middle of a stored row', { epoch: 1, seq: 4 }, '1-5 b'],
    ['at the end of what a lost worker stored', { epoch: 1, seq: 6 }, '2-7 run-resumed'],
    ['at what a lost worker told and did not store', { epoch: 1, seq: 9 }, '2-7 run-resumed'],
    ['within the second lease', { epoch: 2, seq: 9 }, '2-10 y'],
  ])('goes on %s', async (_, after, next) => {
    expect((await unseen(await takenOverRun(), after))[0]).toBe(next);
  });

  it('has nothing after the last event', async () => {
    const runId = await takenOverRun();
    expect(await unseen(runId, { epoch: 2, seq: 11 })).toEqual([]);
  });

  it('goes page by page', async () => {
    const runId = await takenOverRun();
    const seen: string[] = [];
    let after = eventsStart;
    for (let pages = 0; pages < 20; pages += 1) {
      const events = (await read(runId, after, 2))?.events ?? [];
      seen.push(...events.flatMap(unpackTokens).map(formatEventId));
      after = events.at(-1) ?? after;
      if (events.length === 0) break;
    }
    expect(seen).toEqual(['0-1', '1-2', '1-3', '1-4', '1-5', '1-6', '2-7', '2-8', '2-9', '2-10', '2-11']);
  });

  it('knows nothing of other tenants, unknown runs and what is no id', async () => {
    const runId = await takenOverRun();
    const after = eventsStart;
    expect(await fixture.store.readEvents({ tenantId: 'other', runId, after, limit: 10 })).toBeNull();
    expect(await read(randomUUID())).toBeNull();
    expect(await read('nonsense')).toBeNull();
  });

  it('answers readers of one run and of several at once', async () => {
    const [one, two] = await Promise.all([takenOverRun(), takenOverRun()]);
    const answers = await Promise.all([read(one), read(two), read(one, { epoch: 2, seq: 10 })]);
    expect(answers.map((answer) => [answer?.runId, answer?.events.length])).toEqual([
      [one, 8],
      [two, 8],
      [one, 1],
    ]);
  });

  it('keeps the time of an event', async () => {
    const stored = await read(await takenOverRun(), { epoch: 1, seq: 1 });
    expect(stored?.events[0]).toEqual({ epoch: 1, seq: 2, type: 'run-started', data: {}, atMs });
  });
});

describe('commitRun', () => {
  it.each<[string, readonly RunEvent[]]>([
    ['pieces that leave a number out', [tokens(3, 'a')]],
    ['pieces that repeat a number', [tokens(1, 'a', 'b')]],
    ['a gap behind pieces', [tokens(2, 'a', 'b'), event(5, 'step-completed')]],
  ])('refuses %s', async (_, events) => {
    const run = newRun();
    await fixture.store.acceptRun(run);
    const claimed = await claim(run.id);
    await expect(fixture.store.commitRun(nextCommit(claimed, { events }))).rejects.toMatchObject({
      details: { sqlState: 'PT409' },
    });
    expect(await read(run.id)).toMatchObject({ last: { epoch: 0, seq: 1 } });
  });
});
