import type { StoreConnection } from '@orchestrator/store';
import { type Child, type ChildOptions, startChild } from '../processes/child.ts';
import { cpuTimeMs, cpuTimeOfTreeMs } from '../processes/cpu-time.ts';
import { entryOf } from '../processes/entry-of.ts';
import type { Target } from '../producers/producer.ts';
import type { Contender, ContenderName } from './contender.ts';
import type { BenchDatabase, Servers } from './servers.ts';

export interface StartOptions {
  readonly servers: Servers;
  readonly fromSource: boolean;
  /** Additional options of Node for worker and producer. */
  readonly flags?: readonly string[];
}

/** Every process started, in order, so that all can be ended. */
export interface Fleet {
  readonly children: Child[];
}

const apiConnections = 64;

async function start(fleet: Fleet, options: ChildOptions): Promise<Child> {
  const child = await startChild(options);
  fleet.children.push(child);
  return child;
}

function startProducer(fleet: Fleet, name: ContenderName, target: Target, flags: readonly string[] = []): Promise<Child> {
  const args = [JSON.stringify(target)];
  return start(fleet, { name: `producer-${name}`, entry: 'test/bench/producers/main.ts', args, flags });
}

export async function startBullmq(fleet: Fleet, redis: { url: string; pid: number }, workers: 1 | 4): Promise<Contender> {
  const name = workers === 1 ? 'bullmq' : 'bullmq-4';
  const options = { redisUrl: redis.url, queueName: name, workers, concurrency: 200 / workers };
  const plainWorker = await start(fleet, {
    name: `worker-${name}`,
    entry: 'test/bench/bullmq-worker/main.ts',
    args: [JSON.stringify(options)],
  });
  const producer = await startProducer(fleet, name, { type: 'bullmq', redisUrl: redis.url, queueName: name });
  return {
    name,
    producer,
    plainWorker,
    cpuMs: () => ({ worker: cpuTimeMs(plainWorker.pid), producer: cpuTimeMs(producer.pid), redis: cpuTimeMs(redis.pid) }),
  };
}

/** Our engine with a database, a Redis and one worker process of its own. */
export interface Installation {
  readonly contender: Contender;
  readonly env: Readonly<Record<string, string>>;
}

export async function startOrchestrator(
  fleet: Fleet,
  name: 'pg' | 'http',
  { servers, fromSource, flags = [] }: StartOptions,
): Promise<Installation> {
  const redis = await servers.startRedis();
  const database = await servers.createDatabase(`bench_${name}`);
  const lite = name === 'http' ? await startLite(fleet, database) : undefined;
  const store: StoreConnection = lite?.connection ?? { type: 'postgres', url: database.url };
  const env: Record<string, string> =
    store.type === 'postgres'
      ? { SUPABASE_DB_URL: store.url, REDIS_URL: redis.url }
      : { SUPABASE_URL: store.url, SUPABASE_SERVICE_ROLE_KEY: store.serviceRoleKey, REDIS_URL: redis.url };
  const worker = await start(fleet, {
    name: `worker-${name}`,
    entry: entryOf('worker', fromSource),
    env,
    flags: ['--disallow-code-generation-from-strings', ...flags],
  });
  const producer = await startProducer(fleet, name, { type: 'orchestrator', store, redisUrl: redis.url }, flags);
  const cpuMs = () => ({
    worker: cpuTimeMs(worker.pid),
    producer: cpuTimeMs(producer.pid),
    redis: cpuTimeMs(redis.pid),
    postgres: cpuTimeOfTreeMs(servers.postgresPid),
    ...(lite === undefined ? {} : { rest: cpuTimeMs(lite.child.pid) }),
  });
  return { contender: { name, producer, worker, database, cpuMs }, env };
}

async function startLite(fleet: Fleet, database: BenchDatabase) {
  const child = await start(fleet, { name: 'supabase-lite', entry: 'test/bench/lite-server/main.ts', args: [database.url] });
  const { url, serviceRoleKey } = child.ready as { url: string; serviceRoleKey: string };
  const connection: StoreConnection = { type: 'supabase', url, serviceRoleKey };
  return { child, connection };
}

/** The API process in front of an installation, and clients of it. */
export async function startApi(fleet: Fleet, { env, contender }: Installation, { fromSource }: StartOptions): Promise<Contender> {
  const api = await start(fleet, {
    name: 'api',
    entry: entryOf('api', fromSource),
    env: { ...env, PORT: '0' },
    flags: ['--disallow-code-generation-from-strings'],
  });
  const target: Target = { type: 'http', url: String(api.ready.url), connections: apiConnections };
  const producer = await startProducer(fleet, 'api', target);
  return {
    ...contender,
    name: 'api',
    producer,
    api,
    cpuMs: () => {
      const { producer: _, ...parts } = contender.cpuMs();
      return { ...parts, api: cpuTimeMs(api.pid), producer: cpuTimeMs(producer.pid) };
    },
  };
}

export async function startBare(fleet: Fleet): Promise<Contender> {
  const producer = await startProducer(fleet, 'bare', { type: 'bare' });
  return { name: 'bare', producer, cpuMs: () => ({ producer: cpuTimeMs(producer.pid) }) };
}
