import { type EventPosition, eventsStart, formatEventId, type PlacedEvent } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { createFakeQueue } from '../testing/fake-queue.ts';
import { createFakeStore, storeDown } from '../testing/fake-store.ts';
import { createManualClock, settle } from '../testing/manual-clock.ts';
import { placed } from '../testing/run-history.ts';
import { createLiveRuns, type LiveRuns } from './live-runs.ts';

const runId = '0190a000-0000-7000-8000-000000000001';
const otherId = '0190a000-0000-7000-8000-000000000002';
const topic = 'replies.test';
const started = placed(1, 2, 'run-started');
const tokens = (first: number, count: number, epoch = 1) =>
  Array.from({ length: count }, (_, index) => placed(epoch, first + index));

function createWorld() {
  const store = createFakeStore(() => runId);
  const queue = createFakeQueue();
  const clock = createManualClock();
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (_: object, sentence: string) => void warnings.push(sentence), error() {} };
  const live = createLiveRuns({ store, queue, clock, log, topic });
  return {
    store,
    queue,
    clock,
    live,
    warnings,
    /** Reads of events since the start. */
    reads: () => store.calls.filter((name) => name === 'readEvents').length,
    async accept(id = runId) {
      await store.acceptRun({ id, kind: 'workflow', tenantId: 'default', workflowName: 'w' } as never);
      store.events.set(id, [placed(0, 1, 'run-accepted')]);
    },
    keep: (events: readonly PlacedEvent[], id = runId) => void store.events.get(id)?.push(...events),
    tell(events: readonly PlacedEvent[], id = runId) {
      const epoch = events[0]?.epoch ?? 1;
      live.onEvents({ type: 'run-events', runs: [{ runId: id, epoch, events: [...events] }] });
    },
  };
}

/** Reads all that comes. */
function read(live: LiveRuns, after: EventPosition = eventsStart, id = runId) {
  const controller = new AbortController();
  const reader = { ids: [] as string[], end: 'none' as string, leave: () => controller.abort() };
  const all = async (): Promise<string> => {
    const run = await live.open(id, after);
    if (run === null) return 'unknown';
    if (run.isOver) return 'over';
    for await (const event of run.events(controller.signal)) reader.ids.push(formatEventId(event));
    return 'ended';
  };
  void all().then(
    (end) => {
      reader.end = end;
    },
    (error: Error) => {
      reader.end = error.message;
    },
  );
  return reader;
}

describe('a run that is expected', () => {
  it('is followed without a look at the store or a word to the workers', async () => {
    const { live, queue, reads, tell } = createWorld();
    live.expect({ runId, kind: 'generate', workflowName: 'generate' });
    const reader = read(live);
    await settle();
    tell([started, ...tokens(3, 2)]);
    tell([placed(1, 5, 'run-completed')]);
    await settle();
    expect(reader).toMatchObject({ ids: ['0-1', '1-2', '1-3', '1-4', '1-5'], end: 'ended' });
    expect(reads()).toBe(0);
    expect(queue.published).toEqual([]);
    expect(live.count()).toEqual({ runs: 0, readers: 0 });
  });

  it('is forgotten when its client never reads it', async () => {
    const { live, clock } = createWorld();
    const forget = live.expect({ runId, kind: 'generate', workflowName: 'generate' });
    live.expect({ runId: otherId, kind: 'generate', workflowName: 'generate' });
    forget();
    expect(live.count().runs).toBe(1);
    await clock.advance(29_000);
    expect(live.count().runs).toBe(1);
    await clock.advance(2_000);
    expect(live.count().runs).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it('is not forgotten while somebody reads it', async () => {
    const { live, clock } = createWorld();
    const forget = live.expect({ runId, kind: 'generate', workflowName: 'generate' });
    const reader = read(live);
    await settle();
    forget();
    await clock.advance(60_000);
    expect(live.count()).toEqual({ runs: 1, readers: 1 });
    reader.leave();
    await settle();
    expect(live.count()).toEqual({ runs: 0, readers: 0 });
  });
});

describe('the workers are told', () => {
  it('at once which runs are followed, those of one turn together, and all again every 5 s', async () => {
    const { live, queue, clock, accept } = createWorld();
    await accept();
    await accept(otherId);
    const readers = [read(live), read(live, eventsStart, otherId), read(live)];
    await settle();
    expect(queue.published).toEqual([{ topic: 'control', message: { type: 'follow', topic, runIds: [runId, otherId] } }]);
    await clock.advance(5_250);
    expect(queue.published).toHaveLength(2);
    expect(queue.published[1]).toEqual(queue.published[0]);
    readers[0]?.leave();
    readers[2]?.leave();
    await clock.advance(5_250);
    expect(queue.published[2]?.message).toEqual({ type: 'follow', topic, runIds: [otherId] });
    readers[1]?.leave();
    await clock.advance(20_000);
    expect(queue.published).toHaveLength(3);
    expect(clock.timers).toBe(0);
  });

  it('nothing of a run that has ended', async () => {
    const { live, queue, accept, keep, store } = createWorld();
    await accept();
    keep([started, placed(1, 3, 'run-completed')]);
    store.patch(runId, { status: 'completed' });
    const reader = read(live);
    await settle();
    expect(reader).toMatchObject({ ids: ['0-1', '1-2', '1-3'], end: 'ended' });
    expect(queue.published).toEqual([]);
  });

  it('again later when the queue is down, and the store is polled meanwhile', async () => {
    const { live, queue, clock, accept, keep, warnings } = createWorld();
    await accept();
    queue.failure = new Error('down');
    const reader = read(live);
    await settle();
    expect(warnings).toHaveLength(1);
    keep([started]);
    await clock.advance(1_000);
    expect(reader.ids).toEqual(['0-1', '1-2']);
    queue.failure = null;
    await clock.advance(5_000);
    expect(queue.published).toHaveLength(1);
    reader.leave();
  });
});

describe('the store is asked', () => {
  it('less and less often while nothing is heard, as at first after news', async () => {
    const { live, clock, accept, reads, tell } = createWorld();
    await accept();
    const reader = read(live);
    await settle();
    const moments = async (seconds: number) => {
      const seen: number[] = [];
      for (let quarter = 1; quarter <= seconds * 4; quarter += 1) {
        const before = reads();
        await clock.advance(250);
        if (reads() > before) seen.push(quarter / 4);
      }
      return seen;
    };
    expect(await moments(20)).toEqual([1, 3, 7, 12, 17]);
    tell([started]);
    expect(await moments(8)).toEqual([1, 3, 7]);
    reader.leave();
  });

  it('at once where a message leaves a gap, then ever more rarely, however many messages come', async () => {
    const { live, clock, accept, keep, reads, tell } = createWorld();
    await accept();
    const reader = read(live);
    await settle();
    const before = reads();
    tell([started]);
    expect(reads()).toBe(before);
    tell(tokens(4, 1));
    expect(reads()).toBe(before + 1);
    for (const token of tokens(5, 40)) {
      tell([token]);
      await settle();
    }
    expect(reads()).toBe(before + 1);
    await clock.advance(50);
    expect(reads()).toBe(before + 2);
    await clock.advance(100);
    expect(reads()).toBe(before + 3);
    keep([started, placed(1, 3)]);
    await clock.advance(200);
    expect(reads()).toBe(before + 4);
    expect(reader.ids.at(-1)).toBe('1-44');
    // The next gap is looked after as soon as the first.
    tell(tokens(46, 1));
    await settle();
    expect(reads()).toBe(before + 5);
    keep(tokens(4, 42));
    await clock.advance(50);
    expect(reader.ids).toHaveLength(46);
    reader.leave();
    await settle();
    await clock.advance(250);
    expect(clock.timers).toBe(0);
  });

  it('page by page for all that is stored', async () => {
    const { live, accept, keep, reads } = createWorld();
    await accept();
    keep([started, ...tokens(3, 995)]);
    const reader = read(live);
    await settle();
    while (reader.ids.length < 997) await settle();
    // One look to see whether there is such a run, then five pages of 200 rows.
    expect(reads()).toBeLessThanOrEqual(1 + 5);
    reader.leave();
  });

  it('five times while it fails, then readers are let go', async () => {
    const { live, clock, accept, store } = createWorld();
    await accept();
    store.failure = storeDown;
    const reader = read(live);
    await settle();
    await clock.advance(1_999);
    expect(reader.end).toBe('none');
    await clock.advance(1);
    expect(reader.end).toBe(storeDown.message);
  });

  it('again by the next poll when a read fails, and readers stay', async () => {
    const { live, clock, accept, keep, store, warnings } = createWorld();
    await accept();
    const reader = read(live);
    await settle();
    store.failure = storeDown;
    keep([started]);
    await clock.advance(1_000);
    expect(warnings).toHaveLength(1);
    store.failure = null;
    await clock.advance(2_000);
    expect(reader).toMatchObject({ ids: ['0-1', '1-2'], end: 'none' });
    reader.leave();
  });
});

describe('a reader', () => {
  it('hears of no run that does not exist', async () => {
    const { live } = createWorld();
    const reader = read(live);
    await settle();
    expect(reader.end).toBe('unknown');
    expect(live.count().runs).toBe(0);
  });

  it.each<[string, EventPosition, string, string[]]>([
    ['at its end', { epoch: 1, seq: 3 }, 'over', []],
    ['behind its end', { epoch: 1, seq: 99 }, 'over', []],
    ['in a lease that it never had', { epoch: 7, seq: 1 }, 'over', []],
    ['before its end', { epoch: 1, seq: 2 }, 'ended', ['1-3']],
    ['at its start', eventsStart, 'ended', ['0-1', '1-2', '1-3']],
  ])('%s of a run that has ended', async (_, after, end, ids) => {
    const { live, accept, keep, store } = createWorld();
    await accept();
    keep([started, placed(1, 3, 'run-completed')]);
    store.patch(runId, { status: 'completed' });
    const reader = read(live, after);
    await settle();
    expect(reader).toMatchObject({ ids, end });
  });

  it('at a position that the run never had gets what comes after it in order, over pages of earlier leases', async () => {
    const { live, accept, keep, store } = createWorld();
    await accept();
    keep([started, ...tokens(3, 600), placed(2, 603, 'run-resumed'), placed(2, 604, 'run-completed')]);
    store.patch(runId, { status: 'completed' });
    const reader = read(live, { epoch: 2, seq: 5 });
    while (reader.end === 'none') await settle();
    expect(reader).toMatchObject({ ids: ['2-603', '2-604'], end: 'ended' });
  });

  it('that is slow misses nothing, although much was told and is not stored yet', async () => {
    const { live, clock, accept, keep, store, tell } = createWorld();
    await accept();
    const run = await live.open(runId);
    const controller = new AbortController();
    const slow = run?.events(controller.signal)[Symbol.asyncIterator]();
    expect((await slow?.next())?.value).toMatchObject({ seq: 1 });
    // More than is kept while it takes nothing: a commit hangs.
    tell([started]);
    const told = tokens(3, 2_000);
    for (const token of told) tell([token]);
    const ids: string[] = [];
    const rest = (async () => {
      for (let next = await slow?.next(); next?.done === false; next = await slow?.next()) ids.push(formatEventId(next.value));
    })();
    await clock.advance(450);
    expect(ids).toEqual([]);
    keep([started, ...told, placed(1, 2_003, 'run-completed')]);
    store.patch(runId, { status: 'completed' });
    await clock.advance(1_000);
    await rest;
    expect(ids).toEqual(Array.from({ length: 2_002 }, (_, index) => `1-${index + 2}`));
    expect(live.count().runs).toBe(0);
  });

  it('that opens a run while its last reader leaves is fed all the same', async () => {
    const { live, accept, tell } = createWorld();
    await accept();
    const first = read(live);
    await settle();
    const run = await live.open(runId);
    first.leave();
    await settle();
    expect(live.count().runs).toBe(0);
    const ids: string[] = [];
    const rest = (async () => {
      for await (const event of run?.events(new AbortController().signal) ?? []) ids.push(formatEventId(event));
    })();
    await settle();
    tell([started, placed(1, 3, 'run-completed')]);
    await rest;
    expect(ids).toEqual(['0-1', '1-2', '1-3']);
  });

  it('that finds the end stored does not take it from those who have not been told', async () => {
    const { live, accept, keep, store } = createWorld();
    await accept();
    const { promise: mayRead, resolve: letRead } = Promise.withResolvers<void>();
    const readNow = store.readEvents;
    store.readEvents = async (request) => {
      await mayRead;
      return readNow(request);
    };
    const late = read(live);
    store.readEvents = readNow;
    const first = read(live);
    await settle();
    expect(first.ids).toEqual(['0-1']);
    keep([started, placed(1, 3, 'run-completed')]);
    store.patch(runId, { status: 'completed' });
    letRead();
    while (first.end === 'none' || late.end === 'none') await settle();
    for (const reader of [first, late]) expect(reader).toMatchObject({ ids: ['0-1', '1-2', '1-3'], end: 'ended' });
  });

  it('is let go when the process stops, and so is whoever comes then', async () => {
    const { live, clock, accept } = createWorld();
    await accept();
    const reader = read(live);
    await settle();
    live.close();
    await settle();
    expect(reader.end).toBe('ended');
    const late = read(live);
    await settle();
    expect(late.end).toBe('ended');
    await clock.advance(10_000);
    expect(clock.timers).toBe(0);
  });
});
