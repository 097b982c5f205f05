export type { EmbeddedPostgresLog } from './log.ts';
export type { ServerSettings } from './server-settings.ts';
export { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './start-embedded-postgres.ts';
