import { migrate } from '@orchestrator/store';
import { createTestDatabase } from '../../support/postgres.ts';
import { type NodeProcess, spawnNode } from '../../support/processes.ts';
import { redisAvailable, startRedis, type TestRedis } from '../../support/redis.ts';
import type { ScriptInput } from '../../support/upstream/script.ts';
import { startUpstream, type Upstream } from '../../support/upstream/upstream.ts';
import { type Client, createClient } from './client.ts';

export type Backend = 'postgres' | 'redis';

/** The queue backends that this machine can run. */
export function backends(): readonly Backend[] {
  return redisAvailable() ? ['postgres', 'redis'] : ['postgres'];
}

export interface InstallationOptions {
  /** Where the queue lives. @defaultValue `postgres` */
  readonly backend?: Backend;
  /** @defaultValue 1 */
  readonly apis?: number;
  /** @defaultValue 1 */
  readonly workers?: number;
  /** What the vendors do. Absent: no provider has a key, so the sandbox answers. */
  readonly script?: ScriptInput;
  /** Endpoints of one's own that the upstream serves, by name: circuits and cool-downs of one never touch another. */
  readonly customProviders?: readonly string[];
  /** Which processes have the vendors' keys. @defaultValue `workers` */
  readonly keysOf?: 'workers' | 'all';
  /** More environment of every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** A server of the test's own, instead of a database on the shared one. */
  readonly postgresUrl?: string;
}

/** API and worker processes with everything behind them. */
export interface Installation {
  /** The first API. */
  readonly api: Client;
  readonly apis: readonly Client[];
  readonly apiProcesses: readonly NodeProcess[];
  readonly workers: readonly NodeProcess[];
  /** The first worker; throws when there is none. */
  readonly worker: NodeProcess;
  readonly upstream: Upstream;
  readonly databaseUrl: string;
  /** Of this installation alone; throws where the queue is elsewhere. */
  readonly redis: TestRedis;
  /** Starts an API that has ended again, on the same port. */
  restartApi(index: number): Promise<void>;
  dispose(): Promise<void>;
}

export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const undo: (() => Promise<unknown>)[] = [];
  const dispose = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const databaseUrl = options.postgresUrl ?? (await sharedDatabase(undo));
    if (options.postgresUrl !== undefined) await migrate({ url: databaseUrl });
    const redis = options.backend === 'redis' ? await startRedis() : null;
    undo.push(async () => redis?.dispose());
    const upstream = await startUpstream({ script: options.script ?? {} });
    undo.push(() => upstream.close());

    const custom = (options.customProviders ?? []).map((name) => customProvider(name, upstream));
    const connections = {
      SUPABASE_DB_URL: databaseUrl,
      ...(redis !== null && { REDIS_URL: redis.url }),
      ...(custom.length > 0 && { ORCHESTRATOR_CUSTOM_PROVIDERS: JSON.stringify(custom) }),
      ...options.env,
    };
    const processes: NodeProcess[] = [];
    const workers: NodeProcess[] = [];
    undo.push(() => Promise.all(processes.map((each) => each.kill('SIGKILL'))));
    const start = (entry: string, env: Readonly<Record<string, string>>) => {
      const started = spawnNode({ entry, env: { ...connections, ...env } });
      processes.push(started);
      return started;
    };
    const keys = options.script === undefined ? {} : vendorVariables(upstream);
    const apiKeys = options.keysOf === 'all' ? keys : {};
    const startWorker = async () => {
      const worker = start('apps/worker/src/main.ts', { ORCHESTRATOR_WORKER_SLOT: String(workers.length), ...keys });
      workers.push(worker);
      await worker.waitForLog((entry) => entry.msg === 'ready');
      return worker;
    };
    const startApi = async (apiProcess: NodeProcess) => {
      const { url } = await apiProcess.waitForLog((entry) => entry.msg === 'API listening');
      return createClient(String(url));
    };
    const launchApi = (port: string) => start('apps/api/src/main.ts', { PORT: port, ...apiKeys });
    const apiProcesses = Array.from({ length: options.apis ?? 1 }, () => launchApi('0'));
    const [apis] = await Promise.all([
      Promise.all(apiProcesses.map(startApi)),
      Promise.all(Array.from({ length: options.workers ?? 1 }, startWorker)),
    ]);
    const [api] = apis;
    if (api === undefined) throw new Error('an installation has at least one API');
    return {
      api,
      apis,
      apiProcesses,
      workers,
      get worker() {
        const [worker] = workers;
        if (worker === undefined) throw new Error('this installation has no worker');
        return worker;
      },
      upstream,
      databaseUrl,
      get redis() {
        if (redis === null) throw new Error('this installation has no Redis');
        return redis;
      },
      async restartApi(index) {
        const port = new URL(apis[index]?.url ?? '').port;
        const apiProcess = launchApi(port);
        apiProcesses[index] = apiProcess;
        apis[index] = await startApi(apiProcess);
      },
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function sharedDatabase(undo: (() => Promise<unknown>)[]): Promise<string> {
  const database = await createTestDatabase({ migrated: true });
  undo.push(() => database.drop());
  return database.url;
}

function vendorVariables(upstream: Upstream): Record<string, string> {
  return {
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: upstream.baseUrl('openai', 'https://vendor.invalid/v1'),
    ANTHROPIC_API_KEY: 'sk-ant-test',
    ANTHROPIC_BASE_URL: upstream.baseUrl('anthropic'),
  };
}

/** Prices of gpt-4o-mini, so that the upstream's charges can be compared. */
function customProvider(name: string, upstream: Upstream): object {
  const model = { model: 'gpt-4o-mini', inputPer1M: 0.15, cachedInputPer1M: 0.075, outputPer1M: 0.6 };
  return { name, baseUrl: upstream.baseUrl(name, 'https://own.invalid/v1'), models: [model] };
}
