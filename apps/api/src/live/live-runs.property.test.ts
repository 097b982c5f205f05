import { type EventPosition, eventsStart, formatEventId, isAfter, type PlacedEvent } from '@orchestrator/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFakeQueue } from '../testing/fake-queue.ts';
import { createFakeStore, type FakeStore } from '../testing/fake-store.ts';
import { createManualClock, type ManualClock, settle } from '../testing/manual-clock.ts';
import { type LeaseStory, type Moment, placed, playHistory, type RunHistory } from '../testing/run-history.ts';
import { createLiveRuns, type LiveRuns } from './live-runs.ts';
import { isTerminalEvent } from './run-feed.ts';

const runId = '0190a000-0000-7000-8000-000000000001';
const log = { debug() {}, info() {}, warn() {}, error() {} };

const lease: fc.Arbitrary<LeaseStory> = fc.record({
  batches: fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), isStoredFirst: fc.boolean() }), { maxLength: 6 }),
  batchesPerCommit: fc.integer({ min: 1, max: 4 }),
  lostAfterCommits: fc.option(fc.nat(3)),
  isDecided: fc.boolean(),
});

/** What becomes of a message on its way. */
const fate = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ copies: [0] }) },
  { weight: 2, arbitrary: fc.constant({ copies: [] }) },
  { weight: 1, arbitrary: fc.record({ copies: fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }) }) },
);

type Place = { readonly type: 'start' } | { readonly type: 'seen'; readonly index: number } | ({ type: 'any' } & EventPosition);
const place: fc.Arbitrary<Place> = fc.oneof(
  fc.constant({ type: 'start' as const }),
  fc.record({ type: fc.constant('seen' as const), index: fc.nat(60) }),
  fc.record({ type: fc.constant('any' as const), epoch: fc.nat(6), seq: fc.nat(40) }),
);

type Act =
  | { readonly type: 'join'; readonly place: Place }
  | { readonly type: 'leave' | 'resume'; readonly reader: number }
  | { readonly type: 'take'; readonly reader: number; readonly count: number }
  | { readonly type: 'pass'; readonly ms: number };
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ type: fc.constant('join' as const), place }),
  fc.record({ type: fc.constantFrom('leave' as const, 'resume' as const), reader: fc.nat(4) }),
  fc.record({ type: fc.constant('take' as const), reader: fc.nat(4), count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(1, 40, 120, 400, 1_100, 6_000) }),
);

/** A client that takes events when it is told to, leaves, and resumes where it left off. */
class Reader {
  readonly seen: PlacedEvent[] = [];
  readonly #live: LiveRuns;
  readonly #start: EventPosition;
  #credits = 0;
  #mayTake = Promise.withResolvers<void>();
  #connection: AbortController | undefined;
  isOver = false;

  constructor(live: LiveRuns, start: EventPosition) {
    this.#live = live;
    this.#start = start;
  }

  get position(): EventPosition {
    return this.seen.at(-1) ?? this.#start;
  }

  take(count: number): void {
    this.#credits += count;
    this.#mayTake.resolve();
  }

  leave(): void {
    this.#connection?.abort();
    this.#connection = undefined;
    this.#mayTake.resolve();
  }

  connect(): void {
    if (this.#connection !== undefined || this.isOver) return;
    this.#connection = new AbortController();
    void this.#read(this.#connection);
  }

  async #read(connection: AbortController): Promise<void> {
    const run = await this.#live.open(runId, this.position);
    if (connection.signal.aborted) return;
    if (run?.isOver !== true) {
      for await (const event of run?.events(connection.signal) ?? []) {
        // What is on its way when the connection breaks never arrives.
        if (connection.signal.aborted) return;
        this.seen.push(event);
        while (--this.#credits < 0 && !connection.signal.aborted) {
          this.#credits = 0;
          this.#mayTake = Promise.withResolvers();
          await this.#mayTake.promise;
        }
      }
    }
    if (!connection.signal.aborted) this.isOver = true;
  }
}

function positionOf(place: Place, { stored, told }: RunHistory): EventPosition {
  if (place.type === 'start') return eventsStart;
  if (place.type === 'any') return { epoch: place.epoch, seq: place.seq };
  const all = [...stored, ...told];
  const { epoch, seq } = all[place.index % all.length] ?? eventsStart;
  return { epoch, seq };
}

/** Messages as they arrive: some never, some several times, some after later ones. */
function arrivals(moments: readonly Moment[], fates: readonly { readonly copies: readonly number[] }[]): Moment[] {
  const placedMoments = moments.flatMap((moment, index): { readonly moment: Moment; readonly at: number }[] => {
    if (moment.type === 'store') return [{ moment, at: index }];
    const { copies } = fates[index % fates.length] ?? { copies: [0] };
    return copies.map((delay) => ({ moment, at: index + delay }));
  });
  return placedMoments.sort((a, b) => a.at - b.at).map(({ moment }) => moment);
}

interface World {
  readonly store: FakeStore;
  readonly clock: ManualClock;
  readonly live: LiveRuns;
  readonly queue: ReturnType<typeof createFakeQueue>;
}

async function createWorld(isExpected: boolean): Promise<World> {
  const store = createFakeStore(() => runId);
  const clock = createManualClock();
  const queue = createFakeQueue();
  const live = createLiveRuns({ store, queue, clock, log, topic: 'replies.test' });
  if (isExpected) live.expect({ runId, kind: 'workflow', workflowName: 'w' });
  await store.acceptRun({ id: runId, kind: 'workflow', tenantId: 'default', workflowName: 'w' } as never);
  store.events.set(runId, [placed(0, 1, 'run-accepted', { kind: 'workflow', workflowName: 'w' })]);
  return { store, clock, live, queue };
}

function happen({ store, live }: World, moment: Moment): void {
  if (moment.type === 'store') {
    store.events.get(runId)?.push(...moment.rows);
    store.patch(runId, { status: moment.status });
    return;
  }
  live.onEvents({
    type: 'run-events',
    runs: [{ runId, epoch: moment.epoch, events: moment.events.map(({ epoch: _, ...event }) => event) }],
  });
}

/** Every stored event after the position, in order and once; besides those only what a lost worker told. */
function check(reader: Reader, start: EventPosition, { stored, told }: RunHistory): void {
  const seen = reader.seen.map(formatEventId);
  expect(
    reader.seen.every((event, index) => isAfter(event, reader.seen[index - 1] ?? start)),
    seen.join(),
  ).toBe(true);
  const due = stored.filter((event) => isAfter(event, start));
  const extra = reader.seen.filter((event) => !due.some((each) => formatEventId(each) === formatEventId(event)));
  expect(seen.filter((id) => !extra.some((event) => formatEventId(event) === id))).toEqual(due.map(formatEventId));
  for (const event of extra) expect(told).toContainEqual(event);
  expect(reader.isOver).toBe(true);
  if (due.length > 0) expect(reader.seen.at(-1)).toSatisfy(isTerminalEvent);
}

it('every reader gets every event after its position once, whatever happens to messages, workers and connections', async () => {
  const met = { void: 0, lost: 0, takenOver: 0, resumed: 0, neverStored: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        leases: fc.array(lease, { minLength: 1, maxLength: 4 }),
        fates: fc.array(fate, { minLength: 1, maxLength: 12 }),
        acts: fc.array(fc.array(act, { maxLength: 2 }), { minLength: 1, maxLength: 30 }),
        isExpected: fc.boolean(),
      }),
      async ({ leases, fates, acts, isExpected }) => {
        const history = playHistory(leases);
        const world = await createWorld(isExpected);
        const readers: { readonly reader: Reader; readonly start: EventPosition }[] = [];
        const join = (start: EventPosition): void => {
          const reader = new Reader(world.live, start);
          readers.push({ reader, start });
          reader.connect();
        };
        const perform = async (one: Act): Promise<void> => {
          if (one.type === 'pass') return world.clock.advance(one.ms);
          if (one.type === 'join') return readers.length < 8 ? join(positionOf(one.place, history)) : undefined;
          const { reader } = readers[one.reader % Math.max(1, readers.length)] ?? {};
          if (one.type === 'take') reader?.take(one.count);
          if (one.type === 'leave') reader?.leave();
          if (one.type === 'resume') {
            reader?.connect();
            met.resumed += 1;
          }
        };
        join(eventsStart);
        for (const [index, moment] of arrivals(history.moments, fates).entries()) {
          happen(world, moment);
          for (const one of acts[index % acts.length] ?? []) await perform(one);
          if (index % 3 === 0) await settle();
        }
        for (const { reader } of readers) {
          reader.connect();
          reader.take(1_000);
        }
        await world.clock.advance(20_000);
        for (const { reader, start } of readers) check(reader, start, history);
        const storedIds = new Set(history.stored.map(formatEventId));
        if (history.told.some((event) => !storedIds.has(formatEventId(event)))) met.neverStored += 1;
        if (readers.some(({ reader }) => reader.seen.some((event) => !storedIds.has(formatEventId(event))))) met.void += 1;
        if (leases.length > 1) met.takenOver += 1;
        if (fates.some(({ copies }) => copies.length === 0)) met.lost += 1;
        expect(world.live.count()).toEqual({ runs: 0, readers: 0 });
        await world.clock.advance(1_000);
        expect(world.clock.timers).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
  for (const [what, times] of Object.entries(met)) expect(times, what).toBeGreaterThan(20);
}, 60_000);
