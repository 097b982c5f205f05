import { resolve } from 'node:path';
import { AppError } from '@orchestrator/contracts';
import { type CustomProviderSchema, readCustomProviders } from './custom-providers.ts';
import { type Environment, repositoryRoot } from './environment.ts';
import { listItems } from './list-items.ts';
import { type ModelAlias, readModelAliases } from './model-aliases.ts';
import { nearMatch } from './near-match.ts';
import { type ProviderSettings, readLimits, readProviders } from './providers.ts';
import { type RoutingConfig, readPriority, readWeights } from './routing.ts';
import { readTracing, type TracingConfig } from './tracing.ts';
import { secretVariables, variables, variablesSchema } from './variables.ts';

/** Where the truth lives. */
export type StoreConnectionConfig =
  | { readonly type: 'postgres'; readonly url: string }
  | { readonly type: 'supabase'; readonly url: string; readonly serviceRoleKey: string };

/** Where the queue lives. */
export interface QueueConnectionConfig {
  readonly type: 'redis' | 'postgres';
  readonly url: string;
}

/**
 * Everything the environment decides, checked and frozen. The variables are described in `.env.example`.
 * `Custom` is the type of a custom endpoint's description.
 */
export interface Config<Custom = unknown> {
  readonly host: string;
  readonly port: number;
  /** Whether `PORT` was given: if not, a taken port may be replaced by the next free one. */
  readonly isPortExplicit: boolean;
  /** Absolute path. */
  readonly dataDir: string;
  readonly logLevel: string;
  readonly syncWaitMs: number;
  /** Submissions per minute and tenant; absent: no limit. */
  readonly requestsPerMinute?: number;
  /** null: nothing is configured, so the embedded Postgres serves. */
  readonly store: StoreConnectionConfig | null;
  /** null: nothing is configured and the store is no Postgres, so the embedded Postgres serves. */
  readonly queue: QueueConnectionConfig | null;
  readonly worker: {
    readonly concurrency: number;
    readonly generateConcurrency: number;
    readonly leaseMs: number;
    readonly shutdownMs: number;
    readonly slot: number;
  };
  /** Worker processes that the supervisor starts. */
  readonly workers: number;
  readonly defaultProvider?: string;
  /** By provider id; only providers with at least one setting. */
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly router: RoutingConfig;
  /** Endpoints to add to the registry; empty when no schema for them was given. */
  readonly customProviders: readonly Custom[];
  /** How long an approval may take, in milliseconds. */
  readonly approvalTimeoutMs: number;
  /** Private hosts that requests to URLs of users may reach, as written. */
  readonly allowedPrivateHosts: readonly string[];
  /** What secrets are stored with: 32 bytes in base64. */
  readonly secretKey?: string;
  /** null: no spans are recorded. */
  readonly tracing: TracingConfig | null;
  /** Port of `/metrics` of this process, 0 for any free one; under the supervisor the first of several. null: none. */
  readonly metricsPort: number | null;
  /** By the name under which OpenAI clients ask for a model. */
  readonly modelAliases: Readonly<Record<string, ModelAlias>>;
}

export interface LoadConfigOptions<Custom> {
  /** The registry's provider ids: decide which `<ID>_API_KEY`, `<ID>_REQUESTS_PER_MINUTE` and so on are read. */
  readonly providerIds: readonly string[];
  /** Absent: `ORCHESTRATOR_CUSTOM_PROVIDERS` is not this process's business. */
  readonly customProviderSchema?: CustomProviderSchema<Custom>;
}

const prefix = 'ORCHESTRATOR_';
const supabaseTransactionPoolerPort = '6543';

function unknownVariables(environment: Environment): string[] {
  const known = Object.keys(variables).filter((name) => name.startsWith(prefix));
  const unknown = Object.keys(environment).filter((name) => name.startsWith(prefix) && !known.includes(name));
  return unknown.map((name) => {
    const guess = nearMatch(name, known);
    return `${name} is not a known variable${guess === undefined ? '' : ` (did you mean ${guess}?)`}`;
  });
}

function quoted(name: string, value: string | undefined): string {
  return secretVariables.has(name) ? '' : ` (it is ${JSON.stringify(value)})`;
}

type Values = ReturnType<typeof variablesSchema.parse>;

function readStore(values: Values, problems: string[]): StoreConnectionConfig | null {
  const url = values.SUPABASE_URL;
  const serviceRoleKey = values.SUPABASE_SERVICE_ROLE_KEY;
  if (values.SUPABASE_DB_URL !== undefined) return { type: 'postgres', url: values.SUPABASE_DB_URL };
  if (url !== undefined && serviceRoleKey !== undefined) return { type: 'supabase', url, serviceRoleKey };
  if (url !== undefined) problems.push('SUPABASE_URL needs SUPABASE_SERVICE_ROLE_KEY (or give SUPABASE_DB_URL instead)');
  if (serviceRoleKey !== undefined) problems.push('SUPABASE_SERVICE_ROLE_KEY needs SUPABASE_URL');
  return null;
}

function readQueue(values: Values, store: StoreConnectionConfig | null, problems: string[]): QueueConnectionConfig | null {
  if (values.REDIS_URL !== undefined && values.QUEUE_DATABASE_URL !== undefined) {
    problems.push('REDIS_URL and QUEUE_DATABASE_URL are both set: choose one');
  }
  if (values.REDIS_URL !== undefined) return { type: 'redis', url: values.REDIS_URL };
  const url = values.QUEUE_DATABASE_URL ?? (store?.type === 'postgres' ? store.url : undefined);
  if (url === undefined) return null;
  // The queue listens for notifications, which a transaction pooler never delivers.
  if (new URL(url).port === supabaseTransactionPoolerPort) {
    const name = values.QUEUE_DATABASE_URL === undefined ? 'SUPABASE_DB_URL' : 'QUEUE_DATABASE_URL';
    problems.push(
      `${name} is a transaction pooler (port 6543), which cannot carry the queue: use the session port 5432 or REDIS_URL`,
    );
  }
  return { type: 'postgres', url };
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}

function invalid(problems: readonly string[]): AppError {
  return new AppError('invalid-configuration', `Invalid configuration: ${problems.join('; ')}.`, { details: { problems } });
}

/**
 * Turns environment variables into the one configuration object of the process.
 * @param environment - usually `readEnvironment()`; an empty value counts as not set
 * @returns a deeply frozen object
 * @throws AppError `invalid-configuration`, whose one-line message names every broken variable and repeats no secret
 */
export function loadConfig<Custom extends { readonly name: string }>(
  environment: Environment,
  options: LoadConfigOptions<Custom>,
): Config<Custom> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    const trimmed = value?.trim();
    if (trimmed !== undefined && trimmed !== '') given[name] = trimmed;
  }

  const problems = unknownVariables(given);
  const { customProviderSchema } = options;
  const customProviders =
    customProviderSchema === undefined
      ? []
      : readCustomProviders(given.ORCHESTRATOR_CUSTOM_PROVIDERS, customProviderSchema, options.providerIds, problems);
  const providerIds = [...options.providerIds, ...customProviders.map(({ name }) => name)];
  const providers = readProviders(given, providerIds, problems);
  const limits = readLimits(given, providerIds, problems);
  const priority = readPriority(given.ORCHESTRATOR_PROVIDER_PRIORITY, providerIds, problems);
  const weights = readWeights(given.ORCHESTRATOR_PROVIDER_WEIGHTS, providerIds, problems);
  const tracing = readTracing(given, problems);
  const modelAliases = readModelAliases(given.ORCHESTRATOR_MODEL_ALIASES, providerIds, problems);
  const parsed = variablesSchema.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      problems.push(`${name} ${issue.message}${quoted(name, given[name])}`);
    }
    throw invalid(problems);
  }
  const values = parsed.data;
  const store = readStore(values, problems);
  const queue = readQueue(values, store, problems);
  if (problems.length > 0) throw invalid(problems);
  const defaultProvider =
    values.ORCHESTRATOR_DEFAULT_PROVIDER === undefined ? {} : { defaultProvider: values.ORCHESTRATOR_DEFAULT_PROVIDER };

  return deepFreeze({
    host: values.HOST,
    port: values.PORT ?? 3000,
    isPortExplicit: values.PORT !== undefined,
    dataDir: values.DATA_DIR === undefined ? resolve(repositoryRoot, '.data') : resolve(values.DATA_DIR),
    logLevel: values.LOG_LEVEL,
    syncWaitMs: values.ORCHESTRATOR_SYNC_WAIT_MS,
    ...(values.ORCHESTRATOR_REQUESTS_PER_MINUTE !== undefined && { requestsPerMinute: values.ORCHESTRATOR_REQUESTS_PER_MINUTE }),
    store,
    queue,
    worker: {
      concurrency: values.ORCHESTRATOR_WORKER_CONCURRENCY,
      generateConcurrency: values.ORCHESTRATOR_GENERATE_CONCURRENCY,
      leaseMs: values.ORCHESTRATOR_LEASE_MS,
      shutdownMs: values.ORCHESTRATOR_SHUTDOWN_MS,
      slot: values.ORCHESTRATOR_WORKER_SLOT,
    },
    workers: values.ORCHESTRATOR_WORKERS,
    ...defaultProvider,
    providers,
    router: {
      providers,
      ...defaultProvider,
      routingStrategy: values.ORCHESTRATOR_ROUTING_STRATEGY,
      autoApproveThresholdUSD: values.ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD,
      enableAudit: true as const,
      enableFallback: values.ORCHESTRATOR_ENABLE_FALLBACK,
      maxRetries: values.ORCHESTRATOR_MAX_RETRIES,
      priority,
      weights,
      limits,
      firstTokenTimeoutMs: values.ORCHESTRATOR_FIRST_TOKEN_TIMEOUT_MS,
      idleTimeoutMs: values.ORCHESTRATOR_STREAM_IDLE_TIMEOUT_MS,
    },
    customProviders,
    approvalTimeoutMs: values.ORCHESTRATOR_APPROVAL_TIMEOUT_MS,
    allowedPrivateHosts: listItems(values.ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS),
    ...(values.ORCHESTRATOR_SECRET_KEY !== undefined && { secretKey: values.ORCHESTRATOR_SECRET_KEY }),
    tracing,
    metricsPort: values.ORCHESTRATOR_METRICS_PORT ?? null,
    modelAliases,
  });
}

/**
 * The connections of a process that runs without the supervisor, where nothing is embedded.
 * @throws AppError `invalid-configuration` when the store or the queue is not configured
 */
export function requireConnections(config: Config): {
  readonly store: StoreConnectionConfig;
  readonly queue: QueueConnectionConfig;
} {
  if (config.store === null) {
    throw invalid(['no database is configured: set SUPABASE_DB_URL, or use `npm start`, which brings its own']);
  }
  if (config.queue === null) {
    throw invalid(['no queue is configured: set REDIS_URL or QUEUE_DATABASE_URL, or use `npm start`, which brings its own']);
  }
  return { store: config.store, queue: config.queue };
}
