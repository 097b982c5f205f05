export { finish, newRun, newRunId, nextCommit, park, stepRecord, tenantId } from './run-fixtures.ts';
export { defineRunStoreContract, type RunStoreFixture } from './run-store-contract.ts';
