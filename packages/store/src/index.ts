export type { StoreConnection } from './create-rpc.ts';
export { type MigrateOptions, migrate } from './migrate.ts';
export { createStore } from './store.ts';
export type { CancelAnswer, NewWorkflow, SaveWorkflowResult, Store, StoreOptions } from './store-types.ts';
export type { WebhookStore } from './webhook-store.ts';
