import { z } from 'zod';
import { hasCredentials } from './providers.ts';
import { httpUrlSchema, integer } from './variables.ts';

/** Where spans go and which are recorded, from OpenTelemetry's own variables. */
export interface TracingConfig {
  /** URL that takes OTLP traces, path included. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'none' | 'gzip';
  /** Of one export, milliseconds. */
  readonly timeoutMs: number;
  readonly serviceName?: string;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly sampler: { readonly name: (typeof samplerNames)[number]; readonly ratio: number };
  readonly batch: { readonly delayMs: number; readonly maxQueueSize: number; readonly maxBatchSize: number };
}

const samplerNames = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const endpoint = httpUrlSchema
  .refine((url) => !URL.canParse(url) || !hasCredentials(url), {
    message: 'must hold no user name or password: use OTEL_EXPORTER_OTLP_HEADERS',
  })
  .optional();
const protocol = z
  .enum(['http/protobuf', 'http/json'], { error: 'must be http/protobuf or http/json (port 4318 of most collectors)' })
  .optional();
const timeoutMs = integer({ min: 1, max: 600_000 }).optional();
const compression = z.enum(['none', 'gzip'], { error: 'must be none or gzip' }).optional();
const ratioMessage = 'must be a share from 0 to 1, such as 0.1';

/** Header names of HTTP, and the keys of resource attributes. */
const keyPattern = /^[\w!#$%&'*+.^`|~-]+$/;

/** `key=value,key=value`, values percent-encoded. */
const pairs = z.string().transform((text, context): Readonly<Record<string, string>> => {
  const entries = text.split(',').filter((item) => item.trim() !== '');
  const read = entries.map((item): [string, string] | null => {
    const equals = item.indexOf('=');
    const key = item.slice(0, equals).trim();
    if (equals < 1 || !keyPattern.test(key)) return null;
    try {
      const value = decodeURIComponent(item.slice(equals + 1).trim());
      return /[\r\n\0]/.test(value) ? null : [key, value];
    } catch {
      return null;
    }
  });
  if (read.includes(null)) {
    context.addIssue({ code: 'custom', message: 'must be a list such as key=value,key=value with percent-encoded values' });
    return z.NEVER;
  }
  return Object.fromEntries(read.filter((entry) => entry !== null));
});

/**
 * Those of OpenTelemetry's variables that are honoured; they are read only where an endpoint is set, as other programs share them.
 * `…_TRACES_…` wins over its general form.
 */
export const tracingVariables = {
  /** `true` turns tracing off whatever else is set. */
  OTEL_SDK_DISABLED: z.string().optional(),
  /** `otlp` (default) or `none`. */
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none'], { error: 'must be otlp or none' }).optional(),
  /** Base URL of a collector, to which `/v1/traces` is added. Turns tracing on. */
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  /** The whole URL. Turns tracing on. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  /** `http/protobuf` (default) or `http/json`. */
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  /** Headers of every export, such as a key: `name=value,name=value`. */
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs.optional(),
  /** `none` (default) or `gzip`. */
  OTEL_EXPORTER_OTLP_COMPRESSION: compression,
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: compression,
  /** Longest time of one export, milliseconds. Default 10000. */
  OTEL_EXPORTER_OTLP_TIMEOUT: timeoutMs,
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: timeoutMs,
  /** Default `multi-ai-orchestrator-api` and `multi-ai-orchestrator-worker`. */
  OTEL_SERVICE_NAME: z.string().max(255).optional(),
  /** More about the process: `key=value,key=value`. */
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  /** Which traces are recorded. Default `parentbased_always_on`. */
  OTEL_TRACES_SAMPLER: z.enum(samplerNames, { error: `must be one of ${samplerNames.join(', ')}` }).optional(),
  /** For the two `traceidratio` samplers: a share from 0 to 1. Default 1. */
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .refine((text) => /^\d(\.\d{1,18})?$/.test(text) && Number(text) <= 1, { message: ratioMessage })
    .transform(Number)
    .optional(),
  /** Longest time between a span's end and its export, milliseconds. Default 5000. */
  OTEL_BSP_SCHEDULE_DELAY: integer({ min: 1, max: 600_000 }).optional(),
  /** Finished spans that may wait for their export; what comes on top is dropped. Default 2048. */
  OTEL_BSP_MAX_QUEUE_SIZE: integer({ min: 1, max: 1_000_000 }).optional(),
  /** Spans of one export, at most. Default 512. */
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: integer({ min: 1, max: 100_000 }).optional(),
} as const;

const tracingSchema = z.object(tracingVariables);
const quotable: ReadonlySet<string> = new Set([
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
]);

function tracesUrl(base: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  return url.href;
}

type Values = Readonly<Record<string, string | undefined>>;

/** Whether the variables ask for traces at all. */
function isWanted(given: Values): boolean {
  if (given.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || given.OTEL_TRACES_EXPORTER === 'none') return false;
  return (given.OTEL_EXPORTER_OTLP_ENDPOINT ?? given.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) !== undefined;
}

/**
 * Reads OpenTelemetry's variables. Broken ones are added to `problems`.
 * @returns null when tracing is off
 */
export function readTracing(given: Values, problems: string[]): TracingConfig | null {
  if (!isWanted(given)) return null;
  const parsed = tracingSchema.safeParse(given);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const name = String(path[0]);
      problems.push(`${name} ${message}${quotable.has(name) ? ` (it is ${JSON.stringify(given[name])})` : ''}`);
    }
    return null;
  }
  const values = parsed.data;
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base === undefined ? undefined : tracesUrl(base));
  if (url === undefined) return null;
  return {
    endpoint: url,
    protocol: values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? values.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/protobuf',
    headers: { ...values.OTEL_EXPORTER_OTLP_HEADERS, ...values.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    compression: values.OTEL_EXPORTER_OTLP_TRACES_COMPRESSION ?? values.OTEL_EXPORTER_OTLP_COMPRESSION ?? 'none',
    timeoutMs: values.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? values.OTEL_EXPORTER_OTLP_TIMEOUT ?? 10_000,
    ...(values.OTEL_SERVICE_NAME === undefined ? {} : { serviceName: values.OTEL_SERVICE_NAME }),
    resourceAttributes: values.OTEL_RESOURCE_ATTRIBUTES ?? {},
    sampler: {
      name: values.OTEL_TRACES_SAMPLER ?? 'parentbased_always_on',
      ratio: values.OTEL_TRACES_SAMPLER_ARG ?? 1,
    },
    batch: {
      delayMs: values.OTEL_BSP_SCHEDULE_DELAY ?? 5_000,
      maxQueueSize: values.OTEL_BSP_MAX_QUEUE_SIZE ?? 2_048,
      maxBatchSize: values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE ?? 512,
    },
  };
}
