import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRole, createPostgresFetch, type PostgresFetch } from './postgres-fetch.ts';
import { createStore } from './store.ts';
import { newRun } from './testing/run-fixtures.ts';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';

const functionNames = [
  'accept_runs',
  'cancel_runs',
  'claim_idempotency_key',
  'claim_runs',
  'claim_webhook_deliveries',
  'commit_runs',
  'complete_webhook_deliveries',
  'create_webhook_endpoint',
  'decide_approval',
  'due_runs',
  'get_approval',
  'get_definition',
  'get_run_versions',
  'get_runs',
  'get_webhook_delivery',
  'get_webhook_endpoint',
  'get_workflow',
  'hold_replies',
  'list_approvals',
  'list_runs',
  'list_webhook_deliveries',
  'list_webhook_endpoints',
  'list_workflows',
  'maintain_store',
  'ping',
  'purge_idempotency_keys',
  'purge_webhook_deliveries',
  'read_events',
  'renew_leases',
  'replay_webhook_deliveries',
  'rotate_webhook_secret',
  'save_workflow',
  'send_webhook_test',
  'settle_idempotency_key',
  'update_webhook_endpoint',
];

let fixture: StoreFixture;
let route: PostgresFetch;

beforeAll(async () => {
  fixture = await createStoreFixture();
  await fixture.store.acceptRun(newRun());
  const keys: Record<string, ApiRole> = { 'anon-key': 'anon', 'user-key': 'authenticated', 'service-key': 'service_role' };
  route = createPostgresFetch({ url: fixture.database.url, keys, poolSize: 1 });
});

afterAll(async () => {
  await route.close();
  await fixture.close();
});

/** Runs statements as a role, as PostgREST would; returns the SQLSTATE of the refusal. */
async function refusal(role: ApiRole, statement: string): Promise<string> {
  const client = await fixture.admin.pool.connect();
  try {
    await client.query('begin');
    await client.query(`set local role ${role}`);
    await client.query(statement);
    return 'allowed';
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

describe('tables', () => {
  it('all have a tenant, and row level security enabled and forced', async () => {
    const tables = await fixture.admin.query<{ name: string; isForced: boolean; hasTenant: boolean }>(`
      select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as "isForced",
        exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull) as "hasTenant"
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p')`);
    expect(tables.length).toBeGreaterThanOrEqual(12);
    expect(tables.filter((table) => !table.isForced || !table.hasTenant)).toEqual([]);
  });

  it('have no policy and no privilege for anybody but service_role, which can neither delete nor truncate', async () => {
    expect(await fixture.admin.query('select from pg_policies')).toEqual([]);
    const grants = await fixture.admin.query<{ grantee: string; privilege: string }>(`
      select distinct coalesce(r.rolname, 'public') as grantee, a.privilege_type as privilege
      from pg_class c cross join lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
      where c.relnamespace = 'public'::regnamespace and a.grantee <> c.relowner
      order by 1, 2`);
    expect(grants).toEqual(['INSERT', 'SELECT', 'UPDATE'].map((privilege) => ({ grantee: 'service_role', privilege })));
  });

  it.each(['anon', 'authenticated'] as const)('refuse %s everything', async (role) => {
    const tables = await fixture.admin.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
    );
    for (const { name } of tables) {
      for (const statement of [
        `select from ${name}`,
        `delete from ${name}`,
        `insert into ${name} default values`,
        `truncate ${name}`,
      ]) {
        expect(await refusal(role, statement), statement).toBe('42501');
      }
    }
  });

  it('keep the audit log append-only, for its owner too', async () => {
    expect(await refusal('service_role', `update ai_audit_log set model = 'x'`)).toBe('42501');
    expect(await refusal('service_role', 'delete from ai_audit_log')).toBe('42501');
    await expect(fixture.admin.query(`update ai_audit_log set model = 'x'`)).rejects.toMatchObject({ code: 'PT403' });
    await expect(fixture.admin.query('delete from ai_audit_log')).rejects.toMatchObject({ code: 'PT403' });
    await expect(fixture.admin.query('truncate ai_audit_log')).rejects.toMatchObject({ code: 'PT403' });
  });

  it('have an audit partition for this month and the next three, and a default one', async () => {
    const partitions = await fixture.admin.query<{ name: string }>(`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'ai_audit_log'::regclass order by 1`);
    expect(partitions).toHaveLength(5);
    const rows = await fixture.admin.query<{ part: string }>('select tableoid::regclass::text as part from ai_audit_log');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map((row) => row.part)).not.toContain('ai_audit_log_default');
    await fixture.store.maintain();
  });
});

describe('functions', () => {
  it('are the only ones in the schema, take one jsonb, fix their search path and run with the rights of the caller', async () => {
    const functions = await fixture.admin.query<{ name: string; isDefiner: boolean; hasPath: boolean }>(`
      select p.proname as name, p.prosecdef as "isDefiner", coalesce('search_path=""' = any (p.proconfig), false) as "hasPath"
      from pg_proc p where p.pronamespace = 'public'::regnamespace and pg_get_function_arguments(p.oid) = 'p jsonb' order by 1`);
    expect(functions.map((found) => found.name)).toEqual(functionNames);
    expect(functions.filter((found) => found.isDefiner).map((found) => found.name)).toEqual([
      'maintain_store',
      'purge_idempotency_keys',
      'purge_webhook_deliveries',
    ]);
    expect(functions.filter((found) => !found.hasPath)).toEqual([]);
  });

  it('may be called by nobody but service_role', async () => {
    const allowed = await fixture.admin.query<{ name: string; role: string }>(`
      select p.proname as name, r.rolname as role
      from pg_proc p cross join pg_roles r
      where p.pronamespace = 'public'::regnamespace and r.rolname in ('anon', 'authenticated')
        and has_function_privilege(r.oid, p.oid, 'execute')`);
    expect(allowed).toEqual([]);
  });

  it.each(['anon-key', 'user-key'])('refuse the in-process route with %s', async (key) => {
    const client = createClient('http://in-process.invalid', key, {
      accessToken: async () => null,
      global: { fetch: route.fetch },
    });
    for (const name of functionNames) {
      const { error, status } = await client.rpc(name, { p: {} });
      expect({ name, code: error?.code, status }).toEqual({ name, code: '42501', status: 403 });
    }
  });

  it('run as the role of the key, whatever options the URL brings', async () => {
    const url = new URL(fixture.database.url);
    url.searchParams.set('options', '-c role=anon -c work_mem=5MB');
    const store = createStore({ connection: { type: 'postgres', url: url.href } });
    expect(await store.acceptRun(newRun())).toMatchObject({ status: 'accepted' });
    await store.close();
  });

  it('answer the in-process route with the service key, and nobody with an unknown key', async () => {
    const call = async (key: string) => {
      const answer = await route.fetch('http://in-process.invalid/rest/v1/rpc/ping', {
        method: 'POST',
        headers: { apikey: key },
        body: '{"p":{}}',
      });
      return answer.status;
    };
    expect(await call('service-key')).toBe(200);
    expect(await call('toString')).toBe(401);
    expect(await call('')).toBe(401);
  });
});
