import { type ModelPart, type ModelResult, type RunEvent, unpackTokens } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import type { CallModelOptions, EnginePorts } from '../index.ts';
import { createWorld, generate, startMs } from '../testing/engine-world.ts';

const callMs = 1_000;
const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
const result: ModelResult = {
  content: 'ab',
  finishReason: 'stop',
  provider: 'p',
  model: 'm',
  usage,
  costNanoUsd: 5,
  costBasis: 'catalogue',
};
const wake = { runId: 'r1', epoch: 0, wakeNo: 1 };

interface Options {
  readonly commitMs?: number;
  /** When pieces come after the beginning of a call, milliseconds. */
  readonly piecesAtMs?: readonly number[];
  readonly isFollowed?: boolean;
  readonly isStale?: () => boolean;
}

/** A world in which commits take their time, with a diary of what happened when. */
function createTellingWorld({
  commitMs = 0,
  piecesAtMs = [100, 110, 400],
  isFollowed = false,
  isStale = () => false,
}: Options = {}) {
  const diary: string[] = [];
  const told: { readonly run: object; readonly event: RunEvent }[] = [];
  const options: CallModelOptions[] = [];
  const world = createWorld(({ time, store }): Partial<EnginePorts> => {
    const note = (what: string) => void diary.push(`${time.nowMs - startMs} ${what}`);
    return {
      store: {
        claimRun: (claim) => store.claimRun(claim),
        renewLeases: (leases) => store.renewLeases(leases),
        dueRuns: (poll) => store.dueRuns(poll),
        getDefinition: (...key) => store.getDefinition(...key),
        commitRun: (commit) =>
          new Promise((resolve, reject) => {
            time.after(commitMs, () => {
              note(
                `stored ${commit.events
                  .flatMap((event) => unpackTokens({ ...event, epoch: 1 }))
                  .map(({ seq }) => seq)
                  .join()}`,
              );
              if (isStale()) resolve({ status: 'stale' });
              else store.commitRun(commit).then(resolve, reject);
            });
          }),
      },
      models: {
        plan: (request) => ({ ok: true, plan: { provider: 'p', model: 'm', request, worstCaseNanoUsd: 10 } }),
        call: (_, callOptions) =>
          new Promise((resolve) => {
            note('called');
            options.push(callOptions);
            for (const atMs of piecesAtMs) time.after(atMs, () => callOptions.onPart?.({ type: 'text', text: 'a' }));
            time.after(callMs, () => resolve(result));
          }),
      },
      live: {
        isFollowed: () => isFollowed,
        tell(run, events) {
          for (const event of events) {
            told.push({ run, event });
            note(`told ${event.seq} ${event.type}`);
          }
        },
      },
    };
  });
  return { ...world, diary, told, options };
}

async function play(world: ReturnType<typeof createTellingWorld>, changes: object = { live: true, replyTo: 'replies.1' }) {
  const run = await world.accept('r1', [generate('a')], changes);
  void world.engine.handleWake(wake);
  await world.until(() => run()?.status === 'completed' && world.engine.counts.active === 0);
  return run();
}

it('tells what begins and each piece at once, and what ends when it is stored', async () => {
  const world = createTellingWorld();
  await play(world);
  expect(world.diary).toEqual([
    '0 told 2 run-started',
    '0 told 3 step-started',
    '0 called',
    '100 told 4 token',
    '110 told 5 token',
    '200 stored 2,3,4,5',
    '400 told 6 token',
    '600 stored 6',
    '1000 stored 7,8',
    '1000 told 7 step-completed',
    '1000 told 8 run-completed',
  ]);
});

it('does not wait with a piece for a commit that has nothing to tell', async () => {
  const world = createTellingWorld({ commitMs: 300, piecesAtMs: [100, 250, 450, 550] });
  await play(world);
  const moments = world.diary.filter((line) => line.includes('token'));
  expect(moments).toEqual(['100 told 4 token', '250 told 5 token', '450 told 6 token', '550 told 7 token']);
  expect(world.diary).toContain('500 stored 2,3,4');
});

it('tells everything in the order of its numbers, however long commits take', async () => {
  for (const commitMs of [0, 50, 199, 200, 201, 700, 3_000]) {
    const world = createTellingWorld({ commitMs, piecesAtMs: [1, 10, 150, 199, 200, 201, 400, 401, 900, 999] });
    const run = await play(world);
    const seqs = world.told.map(({ event }) => event.seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 2));
    const stored = (run?.events ?? []).flatMap(unpackTokens).map(({ seq, type }) => `${seq} ${type}`);
    expect(world.told.map(({ event: { seq, type } }) => `${seq} ${type}`)).toEqual(stored.slice(1));
    for (const end of ['step-completed', 'run-completed']) {
      const toldAt = world.diary.findIndex((line) => line.endsWith(end));
      const seq = world.told.find(({ event }) => event.type === end)?.event.seq;
      const storedAt = world.diary.findIndex(
        (line) => line.includes(' stored ') && new RegExp(`\\b${seq}\\b`).test(line.split(' stored ')[1] ?? ''),
      );
      expect(storedAt, `${end} with commits of ${commitMs} ms`).toBeLessThan(toldAt);
    }
  }
});

it('says nothing of what a lost lease was about to store', async () => {
  let isStale = false;
  const world = createTellingWorld({ isStale: () => isStale });
  await world.accept('r1', [generate('a')], { live: true });
  void world.engine.handleWake(wake);
  await world.until(() => world.told.length === 5);
  isStale = true;
  await world.until(() => world.engine.counts.lost === 1);
  expect(world.told.map(({ event }) => event.type)).not.toContain('step-completed');
});

it.each<[string, object, boolean, boolean, object]>([
  ['a live run', { live: true, replyTo: 'replies.1' }, false, true, { replyTo: 'replies.1' }],
  ['a live run of a client that went away', { live: true }, false, true, {}],
  ['a run that somebody follows', { replyTo: 'replies.1' }, true, true, {}],
  ['any other run', { replyTo: 'replies.1' }, false, false, {}],
])('streams the calls of %s', async (_, changes, isFollowed, isStreamed, reader) => {
  const world = createTellingWorld({ isFollowed });
  await play(world, changes);
  expect(world.options.map(({ onPart }) => onPart !== undefined)).toEqual([isStreamed]);
  expect(world.told.some(({ event }) => event.type === 'token')).toBe(isStreamed);
  // Whether anybody listens is not the engine's business.
  for (const { run } of world.told) expect(run).toEqual({ runId: 'r1', epoch: 1, ...reader });
});

it('takes no pieces after the end of a call', async () => {
  const late: ((part: ModelPart) => void)[] = [];
  const world = createTellingWorld();
  const run = await world.accept('r1', [generate('a'), { id: 'd', action: 'delay', delayMs: 1_000 }], { live: true });
  void world.engine.handleWake(wake);
  await world.until(() => run()?.steps.get('a#1')?.status === 'completed');
  for (const { onPart } of world.options) if (onPart !== undefined) late.push(onPart);
  for (const tellPart of late) tellPart({ type: 'text', text: 'too late' });
  await world.until(() => run()?.status === 'completed');
  expect(world.told.filter(({ event }) => event.type === 'token')).toHaveLength(3);
});
