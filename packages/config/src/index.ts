export { readApiUrl } from './api-url.ts';
export {
  type Config,
  type LoadConfigOptions,
  loadConfig,
  type QueueConnectionConfig,
  requireConnections,
  type StoreConnectionConfig,
} from './config.ts';
export type { CustomProviderSchema } from './custom-providers.ts';
export { type Environment, readEnvironment, repositoryRoot } from './environment.ts';
export { type CreateLoggerOptions, createLogger, type Logger } from './logger.ts';
export type { ProviderLimits, ProviderSettings } from './providers.ts';
export { type LogSink, type RateLimitedLogOptions, rateLimitedLog } from './rate-limited-log.ts';
export type { RoutingConfig } from './routing.ts';
export type { TracingConfig } from './tracing.ts';
