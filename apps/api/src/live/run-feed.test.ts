import { formatEventId, type PlacedEvent, packTokens } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { placed } from '../testing/run-history.ts';
import { RunFeed } from './run-feed.ts';

const accepted = placed(0, 1, 'run-accepted');
const started = placed(1, 2, 'run-started');
const start = { epoch: 0, seq: 0 };
const ids = (events: readonly PlacedEvent[]) => events.map(formatEventId);
const tokens = (epoch: number, first: number, count: number) =>
  Array.from({ length: count }, (_, index) => placed(epoch, first + index));

function feedWith(...events: readonly PlacedEvent[]): RunFeed {
  const feed = new RunFeed('run', start);
  feed.fill(events, false);
  return feed;
}

describe('tell', () => {
  it('appends what follows, across the first lease too', () => {
    const feed = feedWith(accepted);
    expect(feed.tell([started, placed(1, 3)])).toBe(false);
    expect(ids(feed.since(start))).toEqual(['0-1', '1-2', '1-3']);
    expect(feed.last).toEqual({ epoch: 1, seq: 3 });
  });

  it('holds what leaves a gap until that is told too', () => {
    const feed = feedWith(accepted, started);
    expect(feed.tell([placed(1, 5)])).toBe(true);
    expect(feed.tell([placed(1, 4)])).toBe(true);
    expect(ids(feed.since(started))).toEqual([]);
    expect(feed.tell([placed(1, 3)])).toBe(false);
    expect(ids(feed.since(started))).toEqual(['1-3', '1-4', '1-5']);
  });

  it('takes nothing twice, and nothing that comes too late', () => {
    const feed = feedWith(accepted, started, placed(1, 3), placed(2, 4, 'run-resumed'));
    for (const late of [started, placed(1, 3), placed(1, 4), placed(2, 4, 'run-resumed')]) expect(feed.tell([late])).toBe(false);
    expect(ids(feed.since(start))).toEqual(['0-1', '1-2', '1-3', '2-4']);
  });

  it('knows that the first event of the next lease follows', () => {
    const feed = feedWith(accepted, started, placed(1, 3, 'run-parked'));
    expect(feed.tell([placed(2, 4, 'run-resumed'), placed(2, 5)])).toBe(false);
    expect(ids(feed.since(started))).toEqual(['1-3', '2-4', '2-5']);
  });

  it.each([
    ['a lease was left out', placed(3, 4, 'run-resumed')],
    ['it is not the first of its lease', placed(2, 4)],
    ['numbers are given again', placed(2, 3, 'run-resumed')],
    ['numbers are left out', placed(2, 5, 'run-resumed')],
  ])('asks the store after a change of lease where %s', (_, event) => {
    const feed = feedWith(accepted, started, placed(1, 3));
    expect(feed.tell([event])).toBe(true);
    expect(feed.last).toEqual({ epoch: 1, seq: 3 });
  });

  it('holds no more than 2,000 events ahead of a gap', () => {
    const feed = feedWith(accepted, started);
    feed.tell(tokens(1, 4, 2_500));
    feed.fill([placed(1, 3)], false);
    expect(feed.last).toEqual({ epoch: 1, seq: 2_003 });
    expect(feed.hasGap).toBe(false);
    expect(feed.tell([placed(1, 2_504)])).toBe(true);
  });
});

describe('fill', () => {
  it('takes rows of pieces apart, as far as they are new', () => {
    const feed = feedWith(accepted, started, placed(1, 3));
    const [row] = packTokens(tokens(1, 3, 3)).map((event) => ({ ...event, epoch: 1 }));
    feed.fill(row === undefined ? [] : [row], false);
    expect(ids(feed.since(started))).toEqual(['1-3', '1-4', '1-5']);
  });

  it('goes on with what was held, also in a lease that passes over numbers told in vain', () => {
    const feed = feedWith(accepted, started, ...tokens(1, 3, 4));
    expect(feed.tell([placed(2, 6), placed(2, 5)])).toBe(true);
    feed.fill([placed(2, 4, 'run-resumed')], false);
    expect(feed.hasGap).toBe(false);
    expect(ids(feed.since({ epoch: 1, seq: 6 }))).toEqual(['2-4', '2-5', '2-6']);
  });

  it('forgets what was held and has become void', () => {
    const feed = feedWith(accepted, started);
    feed.tell([placed(1, 4)]);
    feed.fill([placed(2, 3, 'run-resumed')], false);
    expect(feed.hasGap).toBe(false);
    expect(feed.last).toEqual({ epoch: 2, seq: 3 });
  });

  it.each(['run-completed', 'run-failed', 'run-cancelled'] as const)('ends with %s', (type) => {
    const feed = feedWith(accepted, started);
    expect(feed.isEnded).toBe(false);
    feed.fill([placed(1, 3, type)], false);
    expect(feed.isEnded).toBe(true);
  });

  it('ends where the store says that nothing comes', () => {
    const feed = feedWith(accepted);
    feed.fill([], true);
    expect(feed.isEnded).toBe(true);
  });
});

describe('what it keeps', () => {
  it('covers positions as far back as its events reach', () => {
    const feed = new RunFeed('run', { epoch: 1, seq: 10 });
    expect(feed.covers({ epoch: 1, seq: 9 })).toBe(false);
    expect(feed.covers({ epoch: 1, seq: 10 })).toBe(true);
    expect(feed.covers({ epoch: 2, seq: 1 })).toBe(true);
  });

  it('is the latest 256 to 512 events', () => {
    const feed = feedWith(accepted, started);
    feed.tell(tokens(1, 3, 10_000));
    const seqs = (seq: number) => feed.since({ epoch: 1, seq }).length;
    expect(feed.covers({ epoch: 1, seq: 10_002 - 256 })).toBe(true);
    expect(seqs(10_002 - 256)).toBe(256);
    expect(feed.covers({ epoch: 1, seq: 10_002 - 513 })).toBe(false);
    expect(seqs(0)).toBeLessThanOrEqual(512);
  });

  it('wakes those who wait for a change, every time', async () => {
    const feed = feedWith(accepted);
    for (const wake of [() => feed.tell([started]), () => feed.fill([], false), () => feed.wakeReaders()]) {
      const changed = feed.changed();
      wake();
      await changed;
      expect(feed.changed()).not.toBe(changed);
    }
  });
});
