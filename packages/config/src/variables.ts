import { isIP } from 'node:net';
import { z } from 'zod';

const maxDurationMs = 86_400_000;

/** A whole number in decimal digits. */
export function integer(range: { readonly min: number; readonly max: number }) {
  return z
    .string()
    .refine((text) => /^\d{1,12}$/.test(text) && Number(text) >= range.min && Number(text) <= range.max, {
      message: `must be a whole number from ${range.min} to ${range.max}`,
    })
    .transform(Number);
}

function amountUsd(max: number) {
  return z
    .string()
    .refine((text) => /^\d{1,7}(\.\d{1,9})?$/.test(text) && Number(text) <= max, {
      message: `must be an amount of US dollars from 0 to ${max}, such as 1.00`,
    })
    .transform(Number);
}

function flag() {
  return z.enum(['true', 'false'], { error: 'must be true or false' }).transform((text) => text === 'true');
}

function urlWithScheme(schemes: readonly string[]) {
  return z.string().refine((text) => schemes.some((scheme) => text.startsWith(`${scheme}://`)) && URL.canParse(text), {
    message: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  });
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

export const httpUrlSchema = urlWithScheme(['http', 'https']);

/**
 * Every variable that does not belong to a provider. An empty value counts as not set. Each has the name under which
 * it stands in the environment or in `.env`; the environment wins.
 */
export const variables = {
  /** Address the API listens on: `127.0.0.1` (default), another loopback address, or `localhost`. */
  HOST: z
    .string()
    .refine(isLoopback, {
      message: 'must be a loopback address such as 127.0.0.1: the API has no authentication yet, so others must not reach it',
    })
    .default('127.0.0.1'),
  /** Port of the API. Not set: 3000, or the next free one when it is taken. Set: that one or a clear error; 0: any free one. */
  PORT: integer({ min: 0, max: 65_535 }).optional(),
  /** Directory of the embedded database and the logs, relative to the working directory. Default: `.data` in the repository. */
  DATA_DIR: z.string().optional(),
  /** Least severe level that is logged. Default `info`. */
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be one of fatal, error, warn, info, debug, trace, silent',
    })
    .default('info'),

  /**
   * Postgres of a Supabase project (or any Postgres 15 or newer), as its `postgres` role. All data goes
   * straight there, which costs about a tenth of a call over HTTP; it wins when `SUPABASE_URL` is given too.
   */
  SUPABASE_DB_URL: urlWithScheme(['postgres', 'postgresql']).optional(),
  /** Base URL of a Supabase project; data goes over its HTTP API. Needs `SUPABASE_SERVICE_ROLE_KEY`. */
  SUPABASE_URL: httpUrlSchema.optional(),
  /** The project's `service_role` key (a JWT) or a secret key (`sb_secret_…`). */
  SUPABASE_SERVICE_ROLE_KEY: z
    .string()
    .refine((key) => !key.startsWith('sb_publishable_'), { message: 'must be a secret key: a publishable key may not write' })
    .optional(),

  /** Redis, Valkey or Dragonfly for the queue, with `maxmemory-policy noeviction`. Not together with `QUEUE_DATABASE_URL`. */
  REDIS_URL: urlWithScheme(['redis', 'rediss']).optional(),
  /**
   * Postgres for the queue, in session mode. Neither this nor `REDIS_URL` set: the queue lives in the database of
   * `SUPABASE_DB_URL`, or else in the embedded one.
   */
  QUEUE_DATABASE_URL: urlWithScheme(['postgres', 'postgresql']).optional(),

  /** Where the command line finds the API. Default `http://127.0.0.1:3000`. */
  ORCHESTRATOR_URL: httpUrlSchema.default('http://127.0.0.1:3000'),

  /** How long `POST …/generate` and `…/run` wait for the result before they answer 202, in milliseconds. Default 30000. */
  ORCHESTRATOR_SYNC_WAIT_MS: integer({ min: 0, max: maxDurationMs }).default(30_000),
  /** Submissions that are taken in a minute, by all API processes together. Default: no limit. */
  ORCHESTRATOR_REQUESTS_PER_MINUTE: integer({ min: 1, max: 1_000_000 }).optional(),
  /** How many worker processes `npm start` runs. Default 1. */
  ORCHESTRATOR_WORKERS: integer({ min: 1, max: 64 }).default(1),
  /** Workflow runs that one worker process executes at a time. Default 200. */
  ORCHESTRATOR_WORKER_CONCURRENCY: integer({ min: 1, max: 10_000 }).default(200),
  /** Single model calls (`/api/ai/generate`) that one worker process executes at a time, besides its workflow runs. Default 200. */
  ORCHESTRATOR_GENERATE_CONCURRENCY: integer({ min: 1, max: 10_000 }).default(200),
  /** How long a run stays with a silent worker before another takes it over, in milliseconds of the database clock. Default 7000. */
  ORCHESTRATOR_LEASE_MS: integer({ min: 500, max: 600_000 }).default(7_000),
  /** How long a worker that was asked to stop may finish its steps, in milliseconds. Default 25000. */
  ORCHESTRATOR_SHUTDOWN_MS: integer({ min: 0, max: 600_000 }).default(25_000),
  /** Number of this worker process among its siblings, from 0: spreads the counters they all update. `npm start` sets it. */
  ORCHESTRATOR_WORKER_SLOT: integer({ min: 0, max: 1_023 }).default(0),
  /** Provider that answers steps and requests that name none. Default: the router chooses among those with a key. */
  ORCHESTRATOR_DEFAULT_PROVIDER: z.string().max(64).optional(),
  /**
   * How the router orders the providers that can serve a request which names none: `cheapest` (expected cost of this
   * request, default), `fastest` (live latency), `weighted` (`ORCHESTRATOR_PROVIDER_WEIGHTS`) or `priority`
   * (`ORCHESTRATOR_PROVIDER_PRIORITY`).
   */
  ORCHESTRATOR_ROUTING_STRATEGY: z
    .enum(['cheapest', 'fastest', 'weighted', 'priority'], { error: 'must be one of cheapest, fastest, weighted, priority' })
    .default('cheapest'),
  /** Whether another provider is asked when one fails, `true` (default) or `false`. */
  ORCHESTRATOR_ENABLE_FALLBACK: flag().default(true),
  /** Calls after the first one within a try, to the same or another provider. Default 2. */
  ORCHESTRATOR_MAX_RETRIES: integer({ min: 0, max: 10 }).default(2),
  /** Provider ids, most wanted first, separated by commas; those not named come after them. */
  ORCHESTRATOR_PROVIDER_PRIORITY: z.string().max(2_000).optional(),
  /** Shares of the requests by provider id, such as `a=3,b=1`; those not named weigh 1, and 0 is asked only when all others failed. */
  ORCHESTRATOR_PROVIDER_WEIGHTS: z.string().max(2_000).optional(),
  /** A call whose worst case is over this waits for approval, in US dollars. Default 1.00. */
  ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD: amountUsd(1_000_000).default(1),
  /** How long an approval may take before its step fails, in milliseconds. Default 86400000, a day. */
  ORCHESTRATOR_APPROVAL_TIMEOUT_MS: integer({ min: 100, max: 7 * maxDurationMs }).default(maxDurationMs),
  /** Streams: longest wait for the first piece of content, in milliseconds. Default 15000. */
  ORCHESTRATOR_FIRST_TOKEN_TIMEOUT_MS: integer({ min: 1, max: maxDurationMs }).default(15_000),
  /** Streams: longest silence between two events, in milliseconds. Default 30000. */
  ORCHESTRATOR_STREAM_IDLE_TIMEOUT_MS: integer({ min: 1, max: maxDurationMs }).default(30_000),
  /**
   * Names of your own for models that OpenAI clients ask for, such as `smart=acme/large,fast=big-corp/family/small`: each stands
   * for a provider and one of its models.
   */
  ORCHESTRATOR_MODEL_ALIASES: z.string().max(10_000).optional(),
  /**
   * Endpoints of your own that speak the OpenAI chat protocol: a JSON list, or the path of a file with one, relative to
   * the working directory.
   */
  ORCHESTRATOR_CUSTOM_PROVIDERS: z.string().optional(),
  /**
   * Private hosts that requests to URLs of users may reach, also without TLS: names, addresses, both also with a port, and
   * CIDR ranges, separated by commas. Default: none.
   */
  ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS: z.string().max(4_000).optional(),
  /** Key that the signing secrets of webhooks are stored with: 32 random bytes in base64. Not set: they are stored as they are. */
  ORCHESTRATOR_SECRET_KEY: z
    .string()
    .refine((text) => /^[A-Za-z0-9+/]{43}=$/.test(text), {
      message: 'must be 32 random bytes in base64, such as `openssl rand -base64 32` prints',
    })
    .optional(),
  /**
   * Port of `/metrics`, at the address in `HOST`; 0: any free one, which the log tells. Not set: no metrics. Under `npm start` the
   * API has this one and the workers those after it.
   */
  ORCHESTRATOR_METRICS_PORT: integer({ min: 0, max: 65_000 }).optional(),
  /** The audit log is always on: only `true` is accepted. */
  ORCHESTRATOR_ENABLE_AUDIT: z.literal('true', { error: 'must be true: the audit log cannot be switched off' }).optional(),
} as const;

export const variablesSchema = z.object(variables);
export type VariableName = keyof typeof variables;

/** Variables whose value an error message must not repeat. */
export const secretVariables: ReadonlySet<string> = new Set<VariableName>([
  'SUPABASE_DB_URL',
  'SUPABASE_SERVICE_ROLE_KEY',
  'REDIS_URL',
  'QUEUE_DATABASE_URL',
  'ORCHESTRATOR_CUSTOM_PROVIDERS',
  'ORCHESTRATOR_SECRET_KEY',
]);
