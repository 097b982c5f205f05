import { randomUUID } from 'node:crypto';
import type { KeyClaim, StoredReply } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from './store-types.ts';
import { newRun, tenantId } from './testing/run-fixtures.ts';
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

const lockMs = 60_000;
const reply: StoredReply = { status: 201, headers: { Location: '/here' }, body: '{"success":true}' };
const newClaim = (key: string = randomUUID()): KeyClaim => ({ tenantId, key, token: randomUUID() });
const claim = (claimed: KeyClaim, requestSha256 = 'a', store: Store = fixture.store) =>
  store.claimKey({ ...claimed, requestSha256, lockMs });

describe('claimKey', () => {
  it('gives the key to one of many that ask at once, in two processes', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => claim(newClaim(key), 'a', index % 2 === 0 ? fixture.store : other)),
    );
    expect(answers.filter(({ status }) => status === 'claimed')).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 'in-use')).toHaveLength(19);
  });

  it('answers its own repetition the same', async () => {
    const mine = newClaim();
    expect(await claim(mine)).toEqual({ status: 'claimed' });
    expect(await claim(mine)).toEqual({ status: 'claimed' });
  });

  it('keeps tenants apart', async () => {
    const mine = newClaim();
    await claim(mine);
    expect(await claim({ ...mine, tenantId: 'other', token: randomUUID() })).toEqual({ status: 'claimed' });
  });

  it('replays what was answered, and refuses the key to another request', async () => {
    const mine = newClaim();
    await claim(mine);
    expect(await claim(newClaim(mine.key), 'b')).toEqual({ status: 'key-reused' });
    await fixture.store.settleKey({ ...mine, reply });
    expect(await claim(newClaim(mine.key), 'a', other)).toEqual({ status: 'replay', reply });
    expect(await claim(newClaim(mine.key), 'b')).toEqual({ status: 'key-reused' });
    expect(await claim(mine)).toEqual({ status: 'replay', reply });
  });

  it('is replaced when its lock has run out, and what it answers then does not count', async () => {
    const dead = newClaim();
    await fixture.store.claimKey({ ...dead, requestSha256: 'a', lockMs: 0 });
    const next = newClaim(dead.key);
    expect(await claim(next, 'b')).toEqual({ status: 'key-reused' });
    expect(await claim(next)).toEqual({ status: 'claimed' });
    await fixture.store.settleKey({ ...dead, reply });
    expect(await claim(newClaim(dead.key))).toEqual({ status: 'in-use' });
  });

  it('forgets a request after a day, and the maintenance deletes it', async () => {
    const old = newClaim();
    const purged = newClaim();
    const kept = newClaim();
    for (const each of [old, purged, kept]) {
      await claim(each);
      await fixture.store.settleKey({ ...each, reply });
    }
    await fixture.admin.query(
      `update ai_idempotency_keys set created_at = now() - interval '1 day 1 second' where key = any ($1)`,
      [[old.key, purged.key]],
    );
    expect(await claim(newClaim(old.key), 'b')).toEqual({ status: 'claimed' });
    expect(await fixture.store.acceptRun(newRun({ idempotencyKey: purged.key, requestSha256: 'c' }))).toMatchObject({
      status: 'accepted',
    });
    await fixture.store.maintain();
    const rows = await fixture.admin.query<{ key: string }>('select key from ai_idempotency_keys where key = any ($1)', [
      [old.key, purged.key, kept.key],
    ]);
    expect(rows.map(({ key }) => key).toSorted()).toEqual([old.key, kept.key].toSorted());
  });

  it('may go to any request once it was given back', async () => {
    const failed = newClaim();
    await claim(failed);
    await fixture.store.settleKey(failed);
    expect(await claim(newClaim(failed.key), 'b')).toEqual({ status: 'claimed' });
  });
});

describe('a key of a run and a key of another request', () => {
  it('exclude each other', async () => {
    const run = newRun({ idempotencyKey: randomUUID(), requestSha256: 'a' });
    await fixture.store.acceptRun(run);
    expect(await claim(newClaim(run.idempotencyKey))).toEqual({ status: 'key-reused' });

    const mine = newClaim();
    await claim(mine);
    expect(await fixture.store.acceptRun(newRun({ idempotencyKey: mine.key, requestSha256: 'a' }))).toEqual({
      status: 'key-reused',
    });
    await fixture.store.settleKey(mine);
    expect(await fixture.store.acceptRun(newRun({ idempotencyKey: mine.key, requestSha256: 'a' }))).toMatchObject({
      status: 'accepted',
    });
  });

  it('are told apart within one batch', async () => {
    const mine = newClaim();
    await claim(mine);
    const keys = [mine.key, randomUUID(), undefined];
    const runs = keys.map((idempotencyKey) => newRun({ requestSha256: 'a', ...(idempotencyKey && { idempotencyKey }) }));
    const results = await Promise.all(runs.map((run) => fixture.store.acceptRun(run)));
    expect(results.map(({ status }) => status)).toEqual(['key-reused', 'accepted', 'accepted']);
  });
});

describe('holdReplies', () => {
  it('keeps repetitions of a run away for as long as it is renewed, and lets them come for good', async () => {
    const caller = { idempotencyKey: randomUUID(), requestSha256: 'a' };
    const run = newRun({ ...caller, replyForMs: 0 });
    await fixture.store.acceptRun(run);
    const runIds = [run.id];
    const isInUse = async () => {
      const answer = await other.acceptRun(newRun(caller));
      return answer.status === 'duplicate' && answer.isInUse;
    };
    expect(await isInUse()).toBe(false);
    await fixture.store.holdReplies({ tenantId, runIds, forMs: lockMs });
    expect(await isInUse()).toBe(true);
    await fixture.store.holdReplies({ tenantId: 'other', runIds });
    expect(await isInUse()).toBe(true);
    await fixture.store.holdReplies({ tenantId, runIds });
    expect(await isInUse()).toBe(false);
    await fixture.store.holdReplies({ tenantId, runIds, forMs: lockMs });
    expect(await isInUse()).toBe(false);
  });
});
