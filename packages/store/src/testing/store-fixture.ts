import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import type { StoreConnection } from '../create-rpc.ts';
import { createStore } from '../store.ts';
import type { Store } from '../store-types.ts';
import { type Admin, connectAdmin } from './admin.ts';
import { tenantId } from './run-fixtures.ts';
import type { RunStoreFixture } from './run-store-contract.ts';

export interface StoreFixture extends RunStoreFixture {
  readonly store: Store;
  readonly admin: Admin;
  readonly database: TestDatabase;
  /** Another store on the same database, as another process would have it. */
  anotherStore(): Store;
}

/** A store on a migrated database of its own. */
export async function createStoreFixture(
  connect: (database: TestDatabase) => StoreConnection | Promise<StoreConnection> = ({ url }) => ({ type: 'postgres', url }),
): Promise<StoreFixture> {
  const database = await createTestDatabase({ migrated: true });
  const admin = connectAdmin(database.url);
  const connection = await connect(database);
  const stores: Store[] = [];
  const anotherStore = () => {
    const store = createStore({ connection, leaseMs: 30_000 });
    stores.push(store);
    return store;
  };
  const store = anotherStore();
  return {
    store,
    admin,
    database,
    anotherStore,
    requestCancel: (runId) => store.requestCancel({ tenantId, runIds: [runId] }),
    expireLease: admin.expireLease,
    makeDue: admin.makeDue,
    expireApproval: admin.expireApproval,
    async close() {
      await Promise.all(stores.map((open) => open.close()));
      await admin.close();
      await database.drop();
    },
  };
}
