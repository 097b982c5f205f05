export {
  type Config,
  type LoadConfigOptions,
  loadConfig,
  type QueueConnectionConfig,
  requireConnections,
  type StoreConnectionConfig,
} from './config.ts';
export { type Environment, readEnvironment, repositoryRoot } from './environment.ts';
export { type CreateLoggerOptions, createLogger, type Logger } from './logger.ts';
export type { ProviderSettings } from './providers.ts';
export { type LogSink, type RateLimitedLogOptions, rateLimitedLog } from './rate-limited-log.ts';
