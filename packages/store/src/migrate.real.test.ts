import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { migrate } from './migrate.ts';
import { createStore } from './store.ts';
import { connectAdmin } from './testing/admin.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
});
afterAll(async () => {
  await database.drop();
});

describe('migrate', () => {
  it('says that a database is not migrated, then applies each file once, whoever runs it', async () => {
    const store = createStore({ connection: { type: 'postgres', url: database.url } });
    await expect(store.ping()).rejects.toMatchObject({ code: 'invalid-configuration' });
    const runs = await Promise.all([1, 2, 3].map(() => migrate({ url: database.url })));
    const applied = runs.map((run) => run.applied.length).sort();
    expect(applied.slice(0, 2)).toEqual([0, 0]);
    expect(applied[2]).toBeGreaterThanOrEqual(5);
    expect(await migrate({ url: database.url })).toEqual({ applied: [] });
    expect(await store.ping()).toMatchObject({ nowMs: expect.any(Number) });
    await store.close();

    const admin = connectAdmin(database.url);
    const recorded = await admin.query<{ version: string; name: string }>(
      'select version, name from supabase_migrations.schema_migrations order by version',
    );
    expect(recorded.every(({ version, name }) => /^\d{14}$/.test(version) && name.length > 0)).toBe(true);
    expect(recorded).toHaveLength(applied[2] ?? 0);
    await admin.close();
  });
});
