import type { PrivatePostgres } from '../../support/postgres.ts';
import type { TestRedis } from '../../support/redis.ts';
import type { ScriptInput } from '../../support/upstream/script.ts';
import type { BackendType } from '../scenario.ts';
import { createRandom, type SeededRandom } from '../seeded-random.ts';
import { pollUntil } from '../waiting.ts';
import { type ApiProcess, startApi } from './api-process.ts';
import { type Submission, submitUntilAccepted } from './client.ts';
import type { Database } from './database.ts';
import type { Infrastructure } from './infrastructure.ts';
import { type Load, startLoad } from './load.ts';
import { createRecord, type WorldRecord } from './record.ts';
import type { UpstreamProcess } from './upstream-process.ts';
import { createFleet, type WorkerFleet } from './worker-fleet.ts';
import { threeSteps } from './workflow.ts';

export interface StartOptions {
  readonly workers: number;
  /** How long the vendor takes for a call, milliseconds. */
  readonly callMs: number;
  /** The vendor sends its answers byte by byte, so many at once. @defaultValue all at once, in the end */
  readonly dripBytes?: number;
  /** @defaultValue 1 */
  readonly apis?: number;
  /** @defaultValue the product's own */
  readonly leaseMs?: number | undefined;
}

/** A whole installation, with real processes, for one scenario. */
export interface World {
  readonly backend: BackendType;
  readonly random: SeededRandom;
  readonly record: WorldRecord;
  readonly database: Database;
  readonly postgres: PrivatePostgres;
  /** @throws Error where the queue lives in Postgres */
  readonly redis: TestRedis;
  readonly upstream: UpstreamProcess;
  /** The first one. */
  readonly api: ApiProcess;
  readonly apis: readonly ApiProcess[];
  readonly workers: WorkerFleet;
  /** Where the queue is, for a second client of it. */
  readonly queue: { readonly type: BackendType; readonly url: string };
  /** Starts the APIs and the workers. */
  start(options: StartOptions): Promise<void>;
  /** A submission with a key of its own. */
  newSubmission(workflow?: object): Submission;
  /** Submits runs at once and waits until all are accepted. */
  submit(count: number, workflow?: object): Promise<readonly string[]>;
  /** Submits runs at a steady pace until it is stopped. */
  load(options: { readonly perSecond: number; readonly workflow?: object }): Load;
  untilAllEnded(timeoutMs: number): Promise<void>;
  expect(isRight: boolean, complaint: string): void;
  progress(text: string): void;
  dispose(): Promise<void>;
}

export interface WorldOptions {
  readonly name: string;
  readonly seed: number;
  readonly progress: (text: string) => void;
}

/** A streamed answer of these worlds is about so long on the wire. */
const answerBytes = 9_000;

function dripMs(callMs: number, dripBytes: number): number {
  return Math.max(1, Math.round((callMs * dripBytes) / answerBytes));
}

export async function createWorld(infrastructure: Infrastructure, options: WorldOptions): Promise<World> {
  const { backend, postgres, redis, upstream } = infrastructure;
  const record = createRecord();
  const database = await infrastructure.freshDatabase(`chaos_${options.name.replaceAll('-', '_')}`);
  let apis: readonly ApiProcess[] = [];
  let fleet: WorkerFleet | undefined;
  let submissions = 0;
  const started = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the world was not started');
    return part;
  };
  const connections: Record<string, string> = {
    ...infrastructure.warmEnv,
    SUPABASE_DB_URL: database.url,
    ...(redis !== null && { REDIS_URL: redis.url }),
  };

  const newSubmission = (workflow = threeSteps()): Submission => {
    submissions += 1;
    const key = `${options.name}-${submissions}`;
    return { key, body: { workflow, input: { topic: `topic ${submissions}` } } };
  };
  const accept = async (submission: Submission): Promise<string> => {
    const accepted = await submitUntilAccepted(started(apis[0]).url, submission);
    record.accepted.push(accepted);
    return accepted.runId;
  };

  return {
    backend,
    random: createRandom(options.seed),
    record,
    database,
    postgres,
    get redis() {
      if (redis === null) throw new Error('this world has no Redis');
      return redis;
    },
    upstream,
    get api() {
      return started(apis[0]);
    },
    get apis() {
      return apis;
    },
    get workers() {
      return started(fleet);
    },
    queue: { type: backend, url: redis?.url ?? database.url },
    async start({ workers, callMs, leaseMs, dripBytes, apis: apiCount = 1 }) {
      const pace: ScriptInput =
        dripBytes === undefined
          ? { latencyMs: callMs }
          : { rules: [{ fault: { type: 'slow-drip', chunkBytes: dripBytes, intervalMs: dripMs(callMs, dripBytes) } }] };
      // The charge of a call equals its booked worst case, so recorded and charged cost can be compared to the last digit.
      await upstream.setScript({ ...pace, usage: 'worst-case' });
      const env = { ...connections, OPENAI_API_KEY: 'sk-chaos', OPENAI_BASE_URL: upstream.baseUrl };
      const lease = leaseMs === undefined ? {} : { ORCHESTRATOR_LEASE_MS: String(leaseMs) };
      fleet = createFleet({ env: { ...env, ...lease }, database, record });
      // Both are waited for even when one fails, so that `dispose` knows all that was started.
      const [fleetStart, ...apiStarts] = await Promise.allSettled([
        fleet.start(workers),
        ...Array.from({ length: apiCount }, () => startApi(connections)),
      ]);
      apis = apiStarts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
      for (const start of [...apiStarts, fleetStart]) if (start.status === 'rejected') throw start.reason;
    },
    newSubmission,
    submit: (count, workflow) => Promise.all(Array.from({ length: count }, () => accept(newSubmission(workflow)))),
    load: ({ perSecond, workflow }) => startLoad(perSecond, () => accept(newSubmission(workflow))),
    async untilAllEnded(timeoutMs) {
      await pollUntil(
        async () => {
          const [row] = await database.query<{ open: number }>(
            'select count(*)::int as open from ai_workflow_runs where finished_at is null',
          );
          return row?.open === 0 ? true : undefined;
        },
        { what: 'every run has ended', timeoutMs, intervalMs: 100 },
      );
    },
    expect(isRight, complaint) {
      if (!isRight) record.complaints.push(complaint);
    },
    progress: options.progress,
    async dispose() {
      await Promise.all([...apis.map((api) => api.kill()), fleet?.dispose()]);
      await database.close();
    },
  };
}
