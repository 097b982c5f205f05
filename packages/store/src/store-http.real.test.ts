import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { createStore } from './store.ts';
import { type LiteServer, startLiteServer } from './testing/lite-server.ts';
import { newRun } from './testing/run-fixtures.ts';
import { defineRunStoreContract } from './testing/run-store-contract.ts';
import { createStoreFixture } from './testing/store-fixture.ts';

defineRunStoreContract('HTTP to Supabase Lite', async () => {
  let server: LiteServer | undefined;
  const fixture = await createStoreFixture(async (database) => {
    server ??= await startLiteServer(database.url);
    return { type: 'supabase', url: server.url, serviceRoleKey: server.serviceRoleKey };
  });
  return {
    ...fixture,
    async close() {
      await fixture.store.close();
      await server?.close();
      await fixture.close();
    },
  };
});

describe('HTTP to Supabase Lite', () => {
  let database: TestDatabase;
  let server: LiteServer;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    server = await startLiteServer(database.url);
  });
  afterAll(async () => {
    await server.close();
    await database.drop();
  });

  it('keeps the SQLSTATE of a refusal, and refuses the publishable key', async () => {
    const service = createStore({ connection: { type: 'supabase', url: server.url, serviceRoleKey: server.serviceRoleKey } });
    await expect(service.acceptRun(newRun({ input: 'nul: \u0000' }))).rejects.toMatchObject({
      code: 'internal',
      details: { sqlState: '22P05' },
    });
    await service.close();
    const browser = createStore({ connection: { type: 'supabase', url: server.url, serviceRoleKey: 'publishable-key' } });
    await expect(browser.acceptRun(newRun())).rejects.toMatchObject({ code: 'invalid-configuration' });
    await browser.close();
  });
});
