import { randomUUID } from 'node:crypto';
import type { ClaimedRun } from '@orchestrator/contracts';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from './store-types.ts';
import { finish, newRun, nextCommit, park, stepRecord, tenantId } from './testing/run-fixtures.ts';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';

let fixture: StoreFixture;
let other: Store;

beforeAll(async () => {
  fixture = await createStoreFixture();
  other = fixture.anotherStore();
});
afterAll(async () => {
  await fixture.close();
});

const claim = (store: Store, runId: string, workerId = 'worker-1') => store.claimRun({ runId, workerId, token: randomUUID() });

async function claimedRun(): Promise<ClaimedRun> {
  const run = newRun();
  await fixture.store.acceptRun(run);
  const claimed = await claim(fixture.store, run.id);
  if (claimed === null) throw new Error('a new run could not be claimed');
  return claimed;
}

/** Everything stored about a run, to the last column. */
async function everythingAbout(runId: string): Promise<unknown> {
  const { query } = fixture.admin;
  return {
    run: await query('select to_jsonb(r) || jsonb_build_object($2::text, r.xmin::text) from ai_workflow_runs r where id = $1', [
      runId,
      'xmin',
    ]),
    steps: await query('select to_jsonb(s) from ai_workflow_run_steps s where run_id = $1 order by path, visit', [runId]),
    events: await query('select to_jsonb(e) from ai_run_events e where run_id = $1 order by seq', [runId]),
    audit: await query('select to_jsonb(a) from ai_audit_log a where run_id = $1 order by timestamp, event_id', [runId]),
  };
}

/** Resolves when a backend waits for a lock that another backend of this database holds. */
async function someoneIsBlocked(): Promise<void> {
  for (;;) {
    const [row] = await fixture.admin.query<{ blocked: boolean }>(
      `select exists (select from pg_stat_activity
         where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0) as blocked`,
    );
    if (row?.blocked) return;
  }
}

/** Deadlocks in this database so far. They are retried inside, so only the server's counter tells. */
async function deadlocks(): Promise<number> {
  await fixture.admin.query('select pg_stat_force_next_flush()');
  const [row] = await fixture.admin.query<{ n: number }>(
    'select deadlocks::int as n from pg_stat_database where datname = current_database()',
  );
  return row?.n ?? -1;
}

describe('two processes', () => {
  it('claim one run 200 times at once: one wins', async () => {
    const run = newRun();
    await fixture.store.acceptRun(run);
    const claims = await Promise.all(Array.from({ length: 200 }, (_, index) => claim(index % 2 ? other : fixture.store, run.id)));
    const winners = claims.filter((claimed) => claimed !== null);
    expect(winners).toHaveLength(1);
    expect(winners[0]).toMatchObject({ epoch: 1 });
  });

  it('accept one idempotency key 500 times at once: one run', async () => {
    const idempotencyKey = randomUUID();
    const runs = Array.from({ length: 500 }, () => newRun({ idempotencyKey, requestSha256: 'a' }));
    const results = await Promise.all(runs.map((run, index) => (index % 2 ? other : fixture.store).acceptRun(run)));
    expect(results.filter((result) => result.status === 'accepted')).toHaveLength(1);
    expect(results.filter((result) => result.status === 'duplicate')).toHaveLength(499);
    const rows = await fixture.admin.query('select from ai_workflow_runs where idempotency_key = $1', [idempotencyKey]);
    expect(rows).toHaveLength(1);
  });

  it('share out due runs without overlap', async () => {
    const runs = Array.from({ length: 60 }, () => newRun());
    await Promise.all(runs.map((run) => fixture.store.acceptRun(run)));
    await fixture.admin.query(`update ai_workflow_runs set wake_at = now() where wake_no = 1 and status = 'queued'`);
    const polls = await Promise.all(
      Array.from({ length: 8 }, (_, index) => (index % 2 ? other : fixture.store).dueRuns({ workerId: 'w', limit: 25 })),
    );
    const due = polls.flatMap((poll) => poll.due.map((wake) => wake.runId));
    expect(new Set(due).size).toBe(due.length);
    expect(due).toEqual(expect.arrayContaining(runs.map((run) => run.id)));
  });

  it('hammer the same runs in random order without a deadlock or an error', async () => {
    const held = await Promise.all(Array.from({ length: 40 }, () => claimedRun()));
    const commitNos = new Map(held.map((run) => [run.runId, 0]));
    const shuffled = () =>
      held
        .map((run) => ({ run, at: Math.random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ run }) => run);
    const before = await deadlocks();
    for (let round = 0; round < 15; round += 1) {
      await Promise.all(
        [fixture.store, other].flatMap((store) => [
          ...shuffled().map((run) => {
            const commitNo = (commitNos.get(run.runId) ?? 0) + 1;
            commitNos.set(run.runId, commitNo);
            return store.commitRun(nextCommit(run, { commitNo, steps: [stepRecord({ path: `p${round}` })] }));
          }),
          store.renewLeases(shuffled()),
          ...shuffled().map((run) => claim(store, run.runId)),
          store.requestCancel({ tenantId, runIds: shuffled().map((run) => run.runId) }),
          store.dueRuns({ workerId: 'worker-1', limit: 50 }),
        ]),
      );
    }
    expect(await deadlocks()).toBe(before);
  });

  it('accept crossing sets of keys in random order without a deadlock', async () => {
    const before = await deadlocks();
    for (let round = 0; round < 10; round += 1) {
      const keys = Array.from({ length: 30 }, () => randomUUID());
      const shuffled = () => keys.map((key) => ({ key, at: Math.random() })).sort((a, b) => a.at - b.at);
      const results = await Promise.all(
        [fixture.store, other].flatMap((store) =>
          shuffled().map(({ key }) => store.acceptRun(newRun({ idempotencyKey: key, requestSha256: 'a' }))),
        ),
      );
      expect(results.filter((result) => result.status === 'accepted')).toHaveLength(30);
    }
    expect(await deadlocks()).toBe(before);
  });
});

describe('the fence', () => {
  it('leaves every column as it was when the epoch is over', async () => {
    const first = await claimedRun();
    await fixture.expireLease(first.runId);
    await claim(other, first.runId, 'worker-2');
    const before = await everythingAbout(first.runId);
    const commit = nextCommit(first, {
      steps: [stepRecord()],
      events: [{ seq: 2, type: 'step-completed', data: {}, atMs: 1_800_000_000_000 }],
      audit: [{ eventType: 'step-completed' }],
      costNanoUsd: 9,
      transition: finish(),
    });
    expect(await fixture.store.commitRun(commit)).toEqual({ status: 'stale' });
    expect(await fixture.store.commitRun({ ...commit, transition: park('queued', 0) })).toEqual({ status: 'stale' });
    expect(await fixture.store.renewLeases([first])).toEqual([first]);
    expect(await everythingAbout(first.runId)).toEqual(before);
  });

  it('leaves every column as it was when a commit is repeated, before and after the run is over', async () => {
    const claimed = await claimedRun();
    const commit = nextCommit(claimed, {
      steps: [stepRecord({ status: 'running' })],
      events: [{ seq: 2, type: 'step-started', data: {}, atMs: 1_800_000_000_000 }],
      audit: [{ eventType: 'step-started' }],
      costNanoUsd: 9,
    });
    await fixture.store.commitRun(commit);
    const midway = await everythingAbout(claimed.runId);
    expect(await other.commitRun(commit)).toEqual({ status: 'committed' });
    expect(await everythingAbout(claimed.runId)).toEqual(midway);
    const last = nextCommit(claimed, { commitNo: 2, transition: finish() });
    await fixture.store.commitRun(last);
    const atTheEnd = await everythingAbout(claimed.runId);
    expect(await other.commitRun(last)).toEqual({ status: 'committed' });
    expect(await other.commitRun(commit)).toEqual({ status: 'committed' });
    expect(await everythingAbout(claimed.runId)).toEqual(atTheEnd);
  });

  it('shows a new holder the steps of a commit that it had to wait for', async () => {
    const first = await claimedRun();
    await fixture.expireLease(first.runId);
    const slow = new pg.Client({ connectionString: fixture.database.url });
    await slow.connect();
    try {
      await slow.query('begin');
      const commit = nextCommit(first, {
        steps: [stepRecord()],
        events: [{ seq: 2, type: 'step-completed', data: {}, atMs: 1_800_000_000_000 }],
      });
      await slow.query('select commit_runs($1)', [JSON.stringify({ commits: [commit] })]);
      const takeover = claim(other, first.runId, 'worker-2');
      await someoneIsBlocked();
      await slow.query('commit');
      expect(await takeover).toMatchObject({ epoch: 2, commitNo: 1, seq: 2, steps: [stepRecord()] });
    } finally {
      await slow.end();
    }
  });

  it('answers a cancellation that waited for the last commit with the final status', async () => {
    const claimed = await claimedRun();
    const slow = new pg.Client({ connectionString: fixture.database.url });
    await slow.connect();
    try {
      await slow.query('begin');
      await slow.query('select commit_runs($1)', [JSON.stringify({ commits: [nextCommit(claimed, { transition: finish() })] })]);
      const answer = other.requestCancel({ tenantId, runIds: [claimed.runId] });
      await someoneIsBlocked();
      await slow.query('commit');
      expect(await answer).toEqual([{ runId: claimed.runId, status: 'completed' }]);
    } finally {
      await slow.end();
    }
  });
});

describe('a row that the database refuses', () => {
  it('rejects alone; the rows beside it are stored', async () => {
    const held = await Promise.all(Array.from({ length: 9 }, () => claimedRun()));
    const results = await Promise.allSettled(
      held.map((run, index) =>
        fixture.store.commitRun(nextCommit(run, { steps: [stepRecord({ output: index === 4 ? 'nul: \u0000' : 'fine' })] })),
      ),
    );
    expect(results.map((result) => result.status)).toEqual(held.map((_, index) => (index === 4 ? 'rejected' : 'fulfilled')));
    expect(results[4]).toMatchObject({ reason: { code: 'internal', retryable: false, details: { sqlState: '22P05' } } });
    const stored = await fixture.admin.query<{ id: string }>(
      'select run_id as id from ai_workflow_run_steps where run_id = any ($1)',
      [held.map((run) => run.runId)],
    );
    expect(stored).toHaveLength(8);
  });

  it('is refused when its events do not follow the stored ones', async () => {
    const claimed = await claimedRun();
    const before = await everythingAbout(claimed.runId);
    const gap = nextCommit(claimed, { events: [{ seq: 3, type: 'step-completed', data: {}, atMs: 1_800_000_000_000 }] });
    await expect(fixture.store.commitRun(gap)).rejects.toMatchObject({ code: 'internal', details: { sqlState: 'PT409' } });
    expect(await everythingAbout(claimed.runId)).toEqual(before);
  });
});
