import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { AppError, type ClaimedRun } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PrivatePostgres, startPrivatePostgres } from '../../../test/support/postgres.ts';
import { migrate } from './migrate.ts';
import { createPostgresFetch } from './postgres-fetch.ts';
import { createStore } from './store.ts';
import type { Store } from './store-types.ts';
import { finish, newRun, nextCommit, stepRecord, tenantId } from './testing/run-fixtures.ts';
import { createStoreFixture } from './testing/store-fixture.ts';

async function claimedRun(store: Store): Promise<ClaimedRun> {
  const run = newRun();
  await store.acceptRun(run);
  const claimed = await store.claimRun({ runId: run.id, workerId: 'w', token: run.id });
  if (claimed === null) throw new Error('a new run could not be claimed');
  return claimed;
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof AppError ? `${error.code}${error.retryable ? ', retryable' : ''}` : error;
}

describe('a store whose Postgres crashes', () => {
  let postgres: PrivatePostgres;
  let store: Store;
  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    await migrate({ url: postgres.url });
    store = createStore({ connection: { type: 'postgres', url: postgres.url } });
  });
  afterAll(async () => {
    await store?.close();
    await postgres?.dispose();
  });

  it('rejects as unavailable while it is down, and serves again on the same pool when it is back', async () => {
    const claimed = await claimedRun(store);
    const commit = nextCommit(claimed, { steps: [stepRecord()] });
    await store.commitRun(commit);
    await postgres.crash();
    const down = 'store-unavailable, retryable';
    expect(
      await Promise.all([
        codeOf(store.acceptRun(newRun())),
        codeOf(store.claimRun({ runId: claimed.runId, workerId: 'w', token: 't' })),
        codeOf(store.commitRun(nextCommit(claimed, { commitNo: 2 }))),
        codeOf(store.renewLeases([claimed])),
        codeOf(store.dueRuns({ workerId: 'w', limit: 1 })),
        codeOf(store.getRuns({ tenantId, runIds: [claimed.runId] })),
        codeOf(store.ping()),
        codeOf(migrate({ url: postgres.url })),
      ]),
    ).toEqual(Array(8).fill(down));
    await postgres.start();
    expect(await store.commitRun(commit)).toEqual({ status: 'committed' });
    expect(await store.commitRun(nextCommit(claimed, { commitNo: 2, transition: finish() }))).toEqual({ status: 'committed' });
    expect(await store.getRuns({ tenantId, runIds: [claimed.runId] })).toMatchObject([
      { status: 'completed', steps: [stepRecord()] },
    ]);
  });
});

describe('a store whose connection breaks for a moment', () => {
  it('carries commits and renewals over it, once each', async () => {
    const fixture = await createStoreFixture();
    const route = createPostgresFetch({ url: fixture.database.url, keys: { key: 'service_role' }, poolSize: 2 });
    let failures = 0;
    const flaky: typeof fetch = async (input, init) => {
      const isWrite = /commit_runs|renew_leases/.test(String(input));
      if (!isWrite || failures >= 4) return route.fetch(input, init);
      failures += 1;
      // Half of the failures come after the write: the answer is lost, the commit is not.
      if (failures % 2 === 0) await route.fetch(input, init);
      throw new TypeError('fetch failed', { cause: new Error('socket hang up') });
    };
    const store = createStore({
      connection: { type: 'supabase', url: 'http://flaky.invalid', serviceRoleKey: 'key', fetch: flaky },
    });
    const claimed = await claimedRun(store);
    const events = [{ seq: 2, type: 'step-completed', data: {}, atMs: 1_800_000_000_000 }] as const;
    expect(await store.commitRun(nextCommit(claimed, { steps: [stepRecord()], events }))).toEqual({ status: 'committed' });
    expect(failures).toBe(4);
    failures = 0;
    expect(await store.renewLeases([claimed])).toEqual([]);
    expect(failures).toBe(4);
    const stored = await fixture.admin.query('select from ai_run_events where run_id = $1', [claimed.runId]);
    expect(stored).toHaveLength(2);
    await store.close();
    await route.close();
    await fixture.close();
  });
});

describe('a store with a connection that has silently died', () => {
  it('renews its leases over another one in time', async () => {
    const fixture = await createStoreFixture();
    const target = new URL(fixture.database.url);
    const links: { readonly near: Socket; readonly far: Socket }[] = [];
    const proxy = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      for (const socket of [near, far]) socket.on('error', () => {});
      near.pipe(far).pipe(near);
      links.push({ near, far });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = new URL(target);
    url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const leaseMs = 2_000;
    const store = createStore({ connection: { type: 'postgres', url: url.href }, leaseMs });
    const claimed = await claimedRun(store);
    for (const { near, far } of links) {
      near.unpipe(far).resume();
      far.unpipe(near).resume();
    }
    const startedMs = performance.now();
    expect(await store.renewLeases([claimed])).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(leaseMs);
    expect(await store.commitRun(nextCommit(claimed, { transition: finish() }))).toEqual({ status: 'committed' });
    await store.close();
    for (const { near, far } of links) for (const socket of [near, far]) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
    await fixture.close();
  });
});

describe('a store whose pooler has no connection left', () => {
  it('is unavailable, not broken, whatever code it says that with', async () => {
    const field = (type: string, value: string) => Buffer.from(`${type}${value}\0`);
    const body = Buffer.concat([
      field('S', 'FATAL'),
      field('V', 'FATAL'),
      field('C', 'XX000'),
      field('M', 'full'),
      Buffer.from([0]),
    ]);
    const head = Buffer.from('E\0\0\0\0');
    head.writeInt32BE(body.length + 4, 1);
    const pooler = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(Buffer.concat([head, body])));
    });
    await new Promise<void>((resolve) => pooler.listen(0, '127.0.0.1', resolve));
    const url = `postgres://a:b@127.0.0.1:${(pooler.address() as AddressInfo).port}/x`;
    const full = createStore({ connection: { type: 'postgres', url } });
    expect(await codeOf(full.ping())).toBe('store-unavailable, retryable');
    await full.close();
    await new Promise((resolve) => pooler.close(resolve));

    const gateway = createStore({
      connection: {
        type: 'supabase',
        url: 'http://supabase.invalid',
        serviceRoleKey: 'key',
        fetch: async () => Response.json({ code: 'upstream', message: 'no upstream' }, { status: 503 }),
      },
    });
    expect(await codeOf(gateway.ping())).toBe('store-unavailable, retryable');
    await gateway.close();
  });
});

describe('a store that is set up wrongly', () => {
  it('says so: nobody listens, a gateway answers, the key is refused', async () => {
    const closedPort = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
      });
    });
    const nobody = createStore({ connection: { type: 'postgres', url: `postgres://a:b@127.0.0.1:${closedPort}/x` } });
    expect(await codeOf(nobody.ping())).toBe('store-unavailable, retryable');
    await nobody.close();
    expect(await codeOf(nobody.ping())).toBe('shutting-down');

    const gateway = createStore({
      connection: {
        type: 'supabase',
        url: 'http://supabase.invalid',
        serviceRoleKey: 'key',
        fetch: async () => new Response('<html>upstream connect error</html>', { status: 503 }),
      },
    });
    expect(await codeOf(gateway.ping())).toBe('store-unavailable, retryable');
    await gateway.close();

    const refused = createStore({
      connection: {
        type: 'supabase',
        url: 'http://supabase.invalid',
        serviceRoleKey: 'key',
        fetch: async () => Response.json({ code: 'PGRST301', message: 'JWT invalid' }, { status: 401 }),
      },
    });
    expect(await codeOf(refused.acceptRun(newRun()))).toBe('invalid-configuration');
    await refused.close();
  });
});
