import { randomUUID } from 'node:crypto';
import type { ClaimedRun, NewRun } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../store-types.ts';
import { defineApprovalContract } from './approval-contract.ts';
import { finish, newRun, newRunId, nextCommit, park, stepRecord } from './run-fixtures.ts';

/** What the suite needs around a store: time moves by these hooks, never by waiting. */
export interface RunStoreFixture {
  readonly store: Pick<
    Store,
    | 'acceptRun'
    | 'claimRun'
    | 'commitRun'
    | 'renewLeases'
    | 'dueRuns'
    | 'getDefinition'
    | 'listApprovals'
    | 'getApproval'
    | 'decideApproval'
  >;
  requestCancel(runId: string): Promise<unknown>;
  /** Lets the lease of a running run end now. */
  expireLease(runId: string): Promise<void>;
  /** Lets the moment pass at which somebody must look at the run. */
  makeDue(runId: string): Promise<void>;
  /** Lets the time of an approval run out. */
  expireApproval(approvalId: string): Promise<void>;
  close(): Promise<void>;
}

const minuteMs = 60_000;

/** The promises of a RunStore, checked through its interface alone: every implementation runs the same suite. */
export function defineRunStoreContract(name: string, createFixture: () => Promise<RunStoreFixture>): void {
  describe(`${name}: RunStore contract`, () => {
    let fixture: RunStoreFixture;
    beforeAll(async () => {
      fixture = await createFixture();
    });
    afterAll(async () => {
      await fixture?.close();
    });

    const claim = (runId: string, workerId = 'worker-1', token: string = randomUUID()) =>
      fixture.store.claimRun({ runId, workerId, token });

    async function accepted(changes: Partial<NewRun> = {}): Promise<string> {
      const run = newRun(changes);
      await fixture.store.acceptRun(run);
      return run.id;
    }

    async function mustClaim(runId: string, workerId?: string, token?: string): Promise<ClaimedRun> {
      const claimed = await claim(runId, workerId, token);
      if (claimed === null) throw new Error('the run could not be claimed');
      return claimed;
    }

    async function dueIds(workerId = 'worker-1'): Promise<readonly string[]> {
      const { due } = await fixture.store.dueRuns({ workerId, limit: 1_000 });
      return due.map((wake) => wake.runId);
    }

    describe('acceptRun', () => {
      it('takes the same run twice as one', async () => {
        const run = newRun({ idempotencyKey: randomUUID(), requestSha256: 'a' });
        const expected = { status: 'accepted', runId: run.id, epoch: 0, wakeNo: 1 };
        expect(await fixture.store.acceptRun(run)).toEqual(expected);
        expect(await fixture.store.acceptRun(run)).toEqual(expected);
        expect(await Promise.all([fixture.store.acceptRun(run), fixture.store.acceptRun(run)])).toEqual([expected, expected]);
      });

      it('answers a known idempotency key with its run, and says when the request differs', async () => {
        const run = newRun({ idempotencyKey: randomUUID(), requestSha256: 'a' });
        await fixture.store.acceptRun(run);
        expect(await fixture.store.acceptRun({ ...run, id: newRunId() })).toEqual({
          status: 'duplicate',
          runId: run.id,
          isInUse: false,
        });
        expect(await fixture.store.acceptRun({ ...run, id: newRunId(), requestSha256: 'b' })).toEqual({ status: 'key-reused' });
        expect(await fixture.store.acceptRun({ ...run, id: newRunId(), tenantId: 'other' })).toMatchObject({
          status: 'accepted',
        });
      });

      it('makes one run of many simultaneous requests with one key', async () => {
        const idempotencyKey = randomUUID();
        const runs = Array.from({ length: 20 }, () => newRun({ idempotencyKey, requestSha256: 'a' }));
        const results = await Promise.all(runs.map((run) => fixture.store.acceptRun(run)));
        const accepted = results.filter((result) => result.status === 'accepted');
        const duplicates = results.filter((result) => result.status === 'duplicate');
        expect([accepted.length, duplicates.length]).toEqual([1, 19]);
        expect(new Set([...accepted, ...duplicates].map(({ runId }) => runId)).size).toBe(1);
      });

      it('says that the key is in use while the first caller waits for the result, and not longer', async () => {
        const caller = { idempotencyKey: randomUUID(), requestSha256: 'a' };
        const repeat = () => fixture.store.acceptRun(newRun(caller));
        const runId = await accepted({ ...caller, replyForMs: minuteMs });
        expect(await repeat()).toEqual({ status: 'duplicate', runId, isInUse: true });
        const claimed = await mustClaim(runId);
        expect(await repeat()).toMatchObject({ isInUse: true });
        await fixture.store.commitRun(nextCommit(claimed, { transition: park('waiting_approval', minuteMs) }));
        expect(await repeat()).toMatchObject({ isInUse: false });

        const other = { idempotencyKey: randomUUID(), requestSha256: 'a' };
        const finished = await mustClaim(await accepted({ ...other, replyForMs: minuteMs }));
        await fixture.store.commitRun(nextCommit(finished, { transition: finish() }));
        expect(await fixture.store.acceptRun(newRun(other))).toEqual({
          status: 'duplicate',
          runId: finished.runId,
          isInUse: false,
        });
        const over = { idempotencyKey: randomUUID(), requestSha256: 'a' };
        await accepted({ ...over, replyForMs: 0 });
        expect(await fixture.store.acceptRun(newRun(over))).toMatchObject({ isInUse: false });
      });

      it('keeps the definition under its hash', async () => {
        const definitionSha256 = '0'.repeat(32) + randomUUID().replaceAll('-', '');
        const definition = { name: 'triage', steps: [{ id: 'a', nothing: null }] };
        await accepted({ definitionSha256, definition });
        const runId = await accepted({ definitionSha256 });
        expect(await mustClaim(runId)).toMatchObject({ definitionSha256 });
        expect(await fixture.store.getDefinition('default', definitionSha256)).toEqual(definition);
        expect(await fixture.store.getDefinition('other', definitionSha256)).toBeNull();
      });
    });

    describe('claimRun', () => {
      it('returns null for an unknown run', async () => {
        expect(await claim(newRunId())).toBeNull();
      });

      it('returns the run as accepted', async () => {
        const run = newRun({
          userId: 'u',
          maxCostNanoUsd: 5_000_000_001,
          replyTo: 'replies-1',
          traceparent: '00-a-b-01',
          priority: 'high',
        });
        await fixture.store.acceptRun(run);
        const claimed = await mustClaim(run.id);
        const { id, ...rest } = run;
        expect(claimed).toMatchObject({
          ...rest,
          runId: id,
          epoch: 1,
          seq: 1,
          commitNo: 0,
          costNanoUsd: 0,
          steps: [],
          inFlight: [],
          approvals: [],
        });
        expect(claimed).toMatchObject({ isTakeover: false, lostCount: 0, cancelRequested: false, startedAtMs: claimed.nowMs });
        expect(claimed.acceptedAtMs).toBeLessThanOrEqual(claimed.nowMs);
        expect(Object.values(claimed)).not.toContain(null);
        expect(Object.keys(claimed)).not.toContain('token');
      });

      it('keeps an input of null', async () => {
        expect((await mustClaim(await accepted({ input: null }))).input).toBeNull();
      });

      it('gives a run to one of many', async () => {
        const runId = await accepted();
        const claims = await Promise.all(Array.from({ length: 20 }, () => claim(runId)));
        expect(claims.filter((claimed) => claimed !== null)).toHaveLength(1);
      });

      it('gives the same answer to the same token', async () => {
        const runId = await accepted();
        const first = await mustClaim(runId, 'worker-1', 'token');
        const { nowMs: _, ...lease } = first;
        expect(await mustClaim(runId, 'worker-1', 'token')).toMatchObject(lease);
        await fixture.expireLease(runId);
        const takeover = await mustClaim(runId, 'worker-2', 'other');
        expect(takeover).toMatchObject({ epoch: 2, isTakeover: true, lostCount: 1 });
        expect(await mustClaim(runId, 'worker-2', 'other')).toMatchObject({ epoch: 2, isTakeover: true, lostCount: 1 });
        expect(await claim(runId, 'worker-1', 'token')).toBeNull();
      });

      it('takes over when the lease has run out, and keeps what was in flight until the next commit', async () => {
        const runId = await accepted();
        const first = await mustClaim(runId);
        const inFlight = [{ path: 'ask', attempt: 1, provider: 'one', reservedNanoUsd: 7 }];
        const running = stepRecord({ status: 'running', attempts: [] });
        await fixture.store.commitRun(nextCommit(first, { steps: [running], inFlight, reservedNanoUsd: 7 }));
        await fixture.expireLease(runId);
        const second = await mustClaim(runId);
        expect(second).toMatchObject({ epoch: 2, isTakeover: true, lostCount: 1, inFlight, startedAtMs: first.startedAtMs });
        expect(second.steps).toEqual([running]);
        await fixture.expireLease(runId);
        const third = await mustClaim(runId);
        expect(third).toMatchObject({ epoch: 3, lostCount: 2, inFlight });
        await fixture.store.commitRun(nextCommit(third, { lostCount: 0 }));
        await fixture.expireLease(runId);
        expect(await mustClaim(runId)).toMatchObject({ epoch: 4, lostCount: 1, inFlight: [] });
      });

      it('leaves a waiting run alone until it is due', async () => {
        const runId = await accepted();
        await fixture.store.commitRun(nextCommit(await mustClaim(runId), { transition: park('waiting', minuteMs) }));
        expect(await claim(runId)).toBeNull();
        await fixture.makeDue(runId);
        expect(await mustClaim(runId)).toMatchObject({ epoch: 2, isTakeover: false, lostCount: 0 });
      });

      it('takes a waiting run that dueRuns has found', async () => {
        const runId = await accepted();
        await fixture.store.commitRun(nextCommit(await mustClaim(runId), { transition: park('waiting', minuteMs) }));
        await fixture.makeDue(runId);
        expect(await dueIds()).toContain(runId);
        expect(await mustClaim(runId)).toMatchObject({ epoch: 2 });
      });

      it('takes a waiting run at once when it is to be cancelled', async () => {
        const runId = await accepted();
        await fixture.store.commitRun(nextCommit(await mustClaim(runId), { transition: park('waiting', minuteMs) }));
        await fixture.requestCancel(runId);
        expect(await mustClaim(runId)).toMatchObject({ cancelRequested: true });
      });

      it('takes a run that was given back', async () => {
        const runId = await accepted();
        await fixture.store.commitRun(nextCommit(await mustClaim(runId), { transition: park('queued', minuteMs) }));
        expect(await mustClaim(runId)).toMatchObject({ epoch: 2, isTakeover: false });
      });

      it('returns null for a finished run', async () => {
        const runId = await accepted();
        await fixture.store.commitRun(nextCommit(await mustClaim(runId, 'worker-1', 'token'), { transition: finish() }));
        expect(await claim(runId)).toBeNull();
        expect(await claim(runId, 'worker-1', 'token')).toBeNull();
      });
    });

    describe('commitRun', () => {
      it('stores steps, events and costs exactly, for the next holder to see', async () => {
        const runId = await accepted();
        const claimed = await mustClaim(runId);
        const steps = [stepRecord({ path: 'b', ordinal: 2, output: null }), stepRecord({ path: 'a/x', visit: 3 })];
        const events = [
          { seq: 2, type: 'run-started', data: {}, atMs: 1_800_000_000_000 },
          { seq: 3, type: 'step-completed', data: { path: 'a', nothing: null }, atMs: 1_800_000_000_000 },
        ] as const;
        const costNanoUsd = 9_007_199_254_740_991;
        expect(await fixture.store.commitRun(nextCommit(claimed, { steps, events, costNanoUsd, lostCount: 3 }))).toEqual({
          status: 'committed',
        });
        await fixture.expireLease(runId);
        const next = await mustClaim(runId);
        expect(next).toMatchObject({ seq: 3, commitNo: 1, costNanoUsd, lostCount: 4 });
        expect(next.steps.toSorted((one, other) => one.ordinal - other.ordinal)).toEqual([steps[1], steps[0]]);
      });

      it('replaces an open step and never a closed one', async () => {
        const runId = await accepted();
        const claimed = await mustClaim(runId);
        const open = stepRecord({ status: 'retry_wait', dueAtMs: 1_700_000_000_000 });
        const closed = stepRecord({ output: 'final' });
        await fixture.store.commitRun(nextCommit(claimed, { steps: [open] }));
        await fixture.store.commitRun(nextCommit(claimed, { commitNo: 2, steps: [closed] }));
        await fixture.store.commitRun(nextCommit(claimed, { commitNo: 3, steps: [stepRecord({ status: 'failed' })] }));
        await fixture.expireLease(runId);
        expect((await mustClaim(runId)).steps).toEqual([closed]);
      });

      it('keeps the last of two records of one step', async () => {
        const runId = await accepted();
        const steps = [stepRecord({ status: 'running' }), stepRecord({ output: 'last' })];
        await fixture.store.commitRun(nextCommit(await mustClaim(runId), { steps }));
        await fixture.expireLease(runId);
        expect((await mustClaim(runId)).steps).toEqual([steps[1]]);
      });

      it('writes nothing for an epoch that is over', async () => {
        const runId = await accepted();
        const first = await mustClaim(runId);
        await fixture.expireLease(runId);
        const second = await mustClaim(runId);
        const late = { steps: [stepRecord()], costNanoUsd: 5, transition: finish() };
        expect(await fixture.store.commitRun(nextCommit(first, late))).toEqual({ status: 'stale' });
        expect(await fixture.store.commitRun(nextCommit(second, { costNanoUsd: 1 }))).toEqual({ status: 'committed' });
        await fixture.expireLease(runId);
        expect(await mustClaim(runId)).toMatchObject({ costNanoUsd: 1, commitNo: 1, steps: [] });
      });

      it('accepts a commit after the lease ran out while nobody has taken the run', async () => {
        const runId = await accepted();
        const claimed = await mustClaim(runId);
        await fixture.expireLease(runId);
        expect(await fixture.store.commitRun(nextCommit(claimed, { costNanoUsd: 1 }))).toEqual({ status: 'committed' });
      });

      it('answers a repeated commit as committed and changes nothing', async () => {
        const runId = await accepted();
        const claimed = await mustClaim(runId);
        const commit = nextCommit(claimed, {
          steps: [stepRecord()],
          events: [{ seq: 2, type: 'step-completed', data: {}, atMs: 1_800_000_000_000 }],
          costNanoUsd: 5,
        });
        await fixture.store.commitRun(commit);
        expect(await fixture.store.commitRun({ ...commit, costNanoUsd: 6 })).toEqual({ status: 'committed' });
        await fixture.expireLease(runId);
        expect(await mustClaim(runId)).toMatchObject({ seq: 2, commitNo: 1, costNanoUsd: 5 });
      });

      it('answers a repeated finish and a repeated park as committed', async () => {
        const finished = await mustClaim(await accepted());
        const parked = await mustClaim(await accepted());
        const last = nextCommit(finished, { transition: finish() });
        expect(await fixture.store.commitRun(last)).toEqual({ status: 'committed' });
        expect(await fixture.store.commitRun(last)).toEqual({ status: 'committed' });
        const pause = nextCommit(parked, { transition: park('waiting', minuteMs) });
        expect(await fixture.store.commitRun(pause)).toEqual({ status: 'committed', wakeNo: 2 });
        expect(await fixture.store.commitRun(pause)).toEqual({ status: 'committed', wakeNo: 2 });
      });

      it('refuses a new commit once the run was parked or finished', async () => {
        const finished = await mustClaim(await accepted());
        const parked = await mustClaim(await accepted());
        await fixture.store.commitRun(nextCommit(finished, { transition: finish() }));
        await fixture.store.commitRun(nextCommit(parked, { transition: park('queued', 0) }));
        for (const over of [finished, parked]) {
          expect(await fixture.store.commitRun(nextCommit(over, { commitNo: 2 }))).toEqual({ status: 'stale' });
        }
      });

      it('answers each of many commits that travel together', async () => {
        const claimed = await Promise.all(
          (await Promise.all(Array.from({ length: 12 }, () => accepted()))).map((id) => mustClaim(id)),
        );
        const commits = claimed.map((run, index) => {
          if (index % 3 === 0) return nextCommit({ ...run, epoch: 7 });
          return index % 3 === 1 ? nextCommit(run, { transition: park('queued', minuteMs) }) : nextCommit(run);
        });
        const results = await Promise.all(commits.map((commit) => fixture.store.commitRun(commit)));
        const expected = [{ status: 'stale' }, { status: 'committed', wakeNo: 2 }, { status: 'committed' }];
        expect(results).toEqual(claimed.map((_, index) => expected[index % 3]));
      });

      it('keeps the order of two commits of one run', async () => {
        const runId = await accepted();
        const claimed = await mustClaim(runId);
        const commits = [1, 2, 3].map((commitNo) => nextCommit(claimed, { commitNo, costNanoUsd: commitNo }));
        const results = await Promise.all(commits.map((commit) => fixture.store.commitRun(commit)));
        expect(results).toEqual(Array(3).fill({ status: 'committed' }));
        await fixture.expireLease(runId);
        expect(await mustClaim(runId)).toMatchObject({ commitNo: 3, costNanoUsd: 3 });
      });

      it('returns stale for an unknown run', async () => {
        const claimed = await mustClaim(await accepted());
        expect(await fixture.store.commitRun(nextCommit({ ...claimed, runId: newRunId() }))).toEqual({ status: 'stale' });
      });
    });

    describe('renewLeases', () => {
      it('keeps a run from being taken and reports the leases that are lost', async () => {
        const kept = await mustClaim(await accepted());
        const parked = await mustClaim(await accepted());
        const taken = await mustClaim(await accepted());
        await fixture.store.commitRun(nextCommit(parked, { transition: park('queued', 0) }));
        await fixture.expireLease(taken.runId);
        await fixture.expireLease(kept.runId);
        await mustClaim(taken.runId, 'worker-2');
        const leases = [kept, parked, taken].map(({ runId, epoch }) => ({ runId, epoch }));
        const unknown = { runId: newRunId(), epoch: 1 };
        expect(await fixture.store.renewLeases([...leases, unknown])).toEqual([leases[1], leases[2], unknown]);
        expect(await claim(kept.runId)).toBeNull();
        expect(await fixture.store.renewLeases([])).toEqual([]);
      });
    });

    describe('cancellation', () => {
      it('ends a run that nobody ever had at once', async () => {
        const runId = await accepted();
        await fixture.requestCancel(runId);
        expect(await claim(runId)).toBeNull();
        await fixture.makeDue(runId);
        expect(await dueIds()).not.toContain(runId);
      });
    });

    defineApprovalContract(() => fixture);

    describe('dueRuns', () => {
      it('finds a queued run whose wake-up was lost, once per wake', async () => {
        const runId = await accepted({ kind: 'generate', priority: 'low' });
        expect(await dueIds()).not.toContain(runId);
        await fixture.makeDue(runId);
        const { due } = await fixture.store.dueRuns({ workerId: 'worker-1', limit: 1_000 });
        expect(due.find((wake) => wake.runId === runId)).toEqual({
          runId,
          kind: 'generate',
          epoch: 0,
          wakeNo: 2,
          priority: 'low',
        });
        expect(await dueIds()).not.toContain(runId);
        expect(await mustClaim(runId)).toMatchObject({ epoch: 1 });
      });

      it('finds a run whose holder is lost, and not one whose lease runs', async () => {
        const runId = await accepted();
        await mustClaim(runId);
        expect(await dueIds()).not.toContain(runId);
        await fixture.expireLease(runId);
        expect(await dueIds()).toContain(runId);
      });

      it('finds a parked run when its time has come, and never a finished one', async () => {
        const parked = await mustClaim(await accepted());
        const finished = await mustClaim(await accepted());
        await fixture.store.commitRun(nextCommit(parked, { transition: park('waiting', minuteMs) }));
        await fixture.store.commitRun(nextCommit(finished, { transition: finish() }));
        expect(await dueIds()).not.toContain(parked.runId);
        await fixture.makeDue(parked.runId);
        await fixture.makeDue(finished.runId);
        const ids = await dueIds();
        expect(ids).toContain(parked.runId);
        expect(ids).not.toContain(finished.runId);
      });

      it('returns at most as many as asked for', async () => {
        const runIds = await Promise.all(Array.from({ length: 3 }, () => accepted()));
        for (const runId of runIds) await fixture.makeDue(runId);
        expect((await fixture.store.dueRuns({ workerId: 'worker-1', limit: 2 })).due).toHaveLength(2);
        expect((await fixture.store.dueRuns({ workerId: 'worker-1', limit: 2 })).due).toHaveLength(1);
      });

      it('tells a worker which of its runs are to be cancelled', async () => {
        const mine = await mustClaim(await accepted(), 'canceller');
        const other = await mustClaim(await accepted(), 'somebody-else');
        await fixture.requestCancel(mine.runId);
        await fixture.requestCancel(other.runId);
        const { cancelRequested } = await fixture.store.dueRuns({ workerId: 'canceller', limit: 1 });
        expect(cancelRequested).toEqual([{ runId: mine.runId, epoch: 1 }]);
        await fixture.store.commitRun(nextCommit(mine, { transition: finish({ status: 'cancelled' }) }));
        expect((await fixture.store.dueRuns({ workerId: 'canceller', limit: 1 })).cancelRequested).toEqual([]);
      });

      it('finds a run at once that was parked after its cancellation was requested', async () => {
        const claimed = await mustClaim(await accepted());
        await fixture.requestCancel(claimed.runId);
        await fixture.store.commitRun(nextCommit(claimed, { transition: park('waiting', minuteMs) }));
        expect(await dueIds()).toContain(claimed.runId);
      });
    });
  });
}
