import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, createLogger, type Environment, repositoryRoot } from '@orchestrator/config';
import { AppError } from '@orchestrator/contracts';
import { awaitPort } from './await-port.ts';
import { connectionVariables, embeddedParts } from './connections.ts';
import { type DataDirLock, lockDataDir } from './data-dir-lock.ts';
import { migrateStore, startServer } from './database.ts';
import { demoLines } from './demo.ts';
import { openLogFile } from './log-file.ts';
import { orAborted } from './or-aborted.ts';
import { type PartsOptions, startApi, startWorkers } from './parts.ts';
import type { Terminal } from './terminal.ts';

/** A copy that is being stopped, or the children of a killed one, hold the directory and the port a little longer. */
const formerCopyMs = 3_000;

export interface SuperviseOptions {
  readonly config: Config;
  /** What the children get, apart from the connections and ports that are decided here. */
  readonly environment: Environment;
  readonly terminal: Terminal;
  readonly stopRequested: AbortSignal;
}

/**
 * Runs the whole system until a stop is requested, then takes it down in the reverse order: workers, which may finish
 * their steps, then the API, then Postgres.
 * @throws AppError when it can't start: bad configuration, a taken port or data directory, no Postgres
 * @throws the signal's reason after a stop
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    await runAll(options, closers);
  } finally {
    options.terminal.line(options.stopRequested.aborted ? '\nStopping …' : '');
    for (const close of closers.reverse()) await close();
  }
}

async function runAll(options: SuperviseOptions, closers: (() => Promise<void> | void)[]): Promise<void> {
  const { config, terminal, stopRequested } = options;
  const lock = await prepareDataDir(config.dataDir);
  closers.push(lock.release);
  const logDirectory = join(config.dataDir, 'logs');
  const logFile = openLogFile(join(logDirectory, 'supervisor.log'));
  closers.push(logFile.close);
  const destination = { write: (line: string) => logFile.write(line.trimEnd()) };
  const log = createLogger({ name: 'supervisor', level: config.logLevel, destination });

  // Before Postgres, so that a taken port costs no waiting.
  await awaitPort({ ...config, patienceMs: lock.isRecovered ? formerCopyMs : 0 });

  let restartParts = () => {};
  const databaseOptions = { config, terminal, log, onMoved: () => restartParts() };
  const server = await startServer(databaseOptions);
  if (server !== null) closers.push(server.stop);
  stopRequested.throwIfAborted();
  await migrateStore(databaseOptions, server?.url() ?? null);
  stopRequested.throwIfAborted();

  const refused = Promise.withResolvers<never>();
  const partsOptions: PartsOptions = {
    config,
    environment: options.environment,
    connections: () => connectionVariables(config, server?.url() ?? null),
    terminal,
    logDirectory,
    onRefusal: (reason) => refused.reject(new AppError('invalid-configuration', reason)),
  };
  const api = startApi(partsOptions);
  closers.push(api.stop);
  const workers = startWorkers(partsOptions);
  closers.push(workers.stop);
  restartParts = () => {
    api.restart();
    workers.restart();
  };

  const title = config.workers === 1 ? 'API and one worker' : `API and ${config.workers} workers`;
  const started = Promise.all([api.listening, workers.providers]);
  const [url, providers] = await terminal.step(title, () => orAborted(Promise.race([started, refused.promise]), stopRequested));
  const workflowFile = join(repositoryRoot, 'workflows/research-and-summarize.json');
  const isEmbedded = embeddedParts(config).store;
  terminal.line();
  const workflowProviders = providersIn(workflowFile);
  for (const line of demoLines({ url, workflowFile, workflowProviders, providers, logDirectory, isEmbedded }))
    terminal.line(line);
  log.info({ url, workers: config.workers }, 'everything runs');
  await orAborted(refused.promise, stopRequested);
}

function providersIn(workflowFile: string): string[] {
  return [...readFileSync(workflowFile, 'utf8').matchAll(/"provider": *"([^"]+)"/g)].flatMap(([, id]) => id ?? []);
}

function prepareDataDir(dataDir: string): Promise<DataDirLock> {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (cause) {
    const message = `DATA_DIR ${dataDir} can't be created: ${(cause as Error).message}.`;
    throw new AppError('invalid-configuration', message, { cause });
  }
  return lockDataDir(dataDir, formerCopyMs);
}
