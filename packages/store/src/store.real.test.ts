import { defineRunStoreContract } from './testing/run-store-contract.ts';
import { createStoreFixture } from './testing/store-fixture.ts';

defineRunStoreContract('in-process Postgres', () => createStoreFixture());
