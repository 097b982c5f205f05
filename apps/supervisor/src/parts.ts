import type { Config, Environment } from '@orchestrator/config';
import { AppError } from '@orchestrator/contracts';
import { metricsVariable } from './metrics-variable.ts';
import { type Part, startPart } from './part.ts';
import type { Terminal } from './terminal.ts';

/** Ctrl-C ends everything within 10 s: this much for the workers' steps, and a little more until they are killed. */
const workerDrainMs = 5_000;
const workerGraceMs = 6_000;
const apiGraceMs = 1_500;

const apiStartMs = 60_000;
/** An API that ends this often before it ever listened won't start by trying again. */
const maxFirstStarts = 3;
/** How long the welcome text waits for the first worker. */
const workerReportMs = 15_000;

export interface PartsOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly connections: () => Readonly<Record<string, string>>;
  readonly terminal: Terminal;
  readonly logDirectory: string;
  readonly onRefusal: (reason: string) => void;
}

export interface Api {
  /** Resolves with the URL when the API listens for the first time. */
  readonly listening: Promise<string>;
  restart(): void;
  stop(): Promise<void>;
}

/** Starts the API, which looks for a free port itself. Once announced, its address stays: clients hold on to it. */
export function startApi(options: PartsOptions): Api {
  const listening = Promise.withResolvers<string>();
  let announcedUrl: string | undefined;
  let crashes = 0;
  const giveUp = (reason: string) =>
    listening.reject(new AppError('internal', `${reason} Its log is in ${options.logDirectory}.`));
  const timer = setTimeout(() => giveUp(`The API did not start within ${apiStartMs / 1_000} s.`), apiStartMs);
  const part = startPart({
    name: 'api',
    app: 'api',
    terminal: options.terminal,
    logDirectory: options.logDirectory,
    isRefusal: () => announcedUrl === undefined,
    onRefusal: options.onRefusal,
    environment: () => ({
      ...options.environment,
      ...options.connections(),
      DATA_DIR: options.config.dataDir,
      ...metricsVariable(options.config.metricsPort, 0),
      ...(announcedUrl === undefined ? {} : { PORT: new URL(announcedUrl).port }),
    }),
    onCrash: (lastProblem) => {
      crashes += 1;
      if (announcedUrl === undefined && crashes >= maxFirstStarts)
        giveUp(`The API does not start: ${lastProblem || 'it says nothing'}`);
    },
    onReport: ({ type, url }) => {
      if (type !== 'listening' || typeof url !== 'string') return;
      announcedUrl ??= url;
      clearTimeout(timer);
      listening.resolve(url);
    },
  });
  return {
    listening: listening.promise,
    restart: part.restart,
    stop: async () => {
      clearTimeout(timer);
      await part.stop(apiGraceMs);
    },
  };
}

export interface Workers {
  /** Resolves when the first worker works: the providers that have a key, or null when it does not tell. */
  readonly providers: Promise<readonly string[] | null>;
  restart(): void;
  stop(): Promise<void>;
}

/** Starts as many workers as configured, each with its own slot. */
export function startWorkers(options: PartsOptions): Workers {
  const { config } = options;
  const providers = Promise.withResolvers<readonly string[] | null>();
  const timer = setTimeout(() => providers.resolve(null), workerReportMs);
  const parts: Part[] = [];
  for (let slot = 0; slot < config.workers; slot += 1) {
    const part = startPart({
      name: `worker ${slot + 1}`,
      app: 'worker',
      terminal: options.terminal,
      logDirectory: options.logDirectory,
      onRefusal: options.onRefusal,
      environment: () => ({
        ...options.environment,
        ...options.connections(),
        DATA_DIR: config.dataDir,
        ...metricsVariable(config.metricsPort, slot + 1),
        ORCHESTRATOR_WORKER_SLOT: String(slot),
        ORCHESTRATOR_SHUTDOWN_MS: String(Math.min(config.worker.shutdownMs, workerDrainMs)),
      }),
      onReport: ({ type, providers: reported }) => {
        if (type !== 'ready') return;
        clearTimeout(timer);
        providers.resolve(Array.isArray(reported) ? reported.map(String) : null);
      },
    });
    parts.push(part);
  }
  return {
    providers: providers.promise,
    restart: () => {
      for (const part of parts) part.restart();
    },
    stop: async () => {
      clearTimeout(timer);
      await Promise.all(parts.map((part) => part.stop(workerGraceMs)));
    },
  };
}
