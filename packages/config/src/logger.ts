import { type DestinationStream, type Logger, pino } from 'pino';
import { createLineWriter, type LineWriter } from './line-writer.ts';
import { describeError, scrubSecrets } from './log-error.ts';

export type { Logger } from 'pino';

const secretFields = [
  'apiKey',
  'serviceRoleKey',
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'prompt',
  'systemPrompt',
  'content',
];

export interface CreateLoggerOptions {
  /** Which process or part speaks, e.g. `api`. */
  readonly name: string;
  /** Least severe level that is written. @defaultValue 'info' */
  readonly level?: string;
  /** @defaultValue standard output */
  readonly destination?: DestinationStream;
}

let sharedOutput: LineWriter | undefined;

/** One writer for all loggers of the process, so that no line cuts another. */
function standardOutput(): LineWriter {
  if (sharedOutput === undefined) {
    const output = createLineWriter(process.stdout.fd);
    process.on('exit', () => output.flushSync());
    sharedOutput = output;
  }
  return sharedOutput;
}

/**
 * A logger that writes one JSON object per line: `{level, time, name, pid, …facts, msg}`.
 * Fields that usually hold keys, prompts or replies are replaced down to three levels, errors are reduced to what
 * helps (see `describeError`), and anything that looks like a credential in the sentence is masked.
 */
export function createLogger(options: CreateLoggerOptions): Logger {
  const settings = {
    name: options.name,
    level: options.level ?? 'info',
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError, error: describeError, cause: describeError },
    redact: {
      paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[redacted]',
    },
    hooks: {
      logMethod(this: Logger, input: Parameters<Logger['info']>, method: Logger['info']) {
        const scrubbed = input.map((value: unknown) => (typeof value === 'string' ? scrubSecrets(value) : value));
        method.apply(this, scrubbed as Parameters<Logger['info']>);
      },
    },
  };
  return pino(settings, options.destination ?? standardOutput());
}
