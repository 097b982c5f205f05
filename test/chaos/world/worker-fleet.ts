import { type NodeProcess, type ProcessExit, spawnNode } from '../../support/processes.ts';
import { pollUntil } from '../waiting.ts';
import type { Database } from './database.ts';
import { endAtExit } from './end-at-exit.ts';
import type { WorldRecord } from './record.ts';

export interface WorkerProcess {
  readonly workerId: string;
  readonly pid: number;
  readonly process: NodeProcess;
}

/** What a worker says of itself when asked (SIGUSR2). */
interface WorkerReading {
  readonly metrics: { readonly runs: { readonly active: number; readonly claimed: number } };
}

/** The worker processes of a world. Only its own children are ever signalled. */
export interface WorkerFleet {
  readonly running: readonly WorkerProcess[];
  start(count: number): Promise<void>;
  /** The unfinished runs whose lease it has. */
  runsOf(worker: WorkerProcess): Promise<string[]>;
  /** Waits until it holds at least so many runs. */
  untilHolding(worker: WorkerProcess, count: number): Promise<void>;
  /** SIGKILL, and a note of the runs that were lost with it. */
  kill(worker: WorkerProcess): Promise<void>;
  /** SIGTERM, and how it ended. */
  terminate(worker: WorkerProcess, timeoutMs: number): Promise<ProcessExit>;
  /** SIGSTOP. @param isLoss - it stays frozen longer than its lease */
  freeze(worker: WorkerProcess, options: { readonly isLoss: boolean }): Promise<void>;
  /** SIGCONT. */
  thaw(worker: WorkerProcess): void;
  /** Waits until it executes nothing any more. */
  untilIdle(worker: WorkerProcess): Promise<void>;
  dispose(): Promise<void>;
}

export interface FleetOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly database: Database;
  readonly record: WorldRecord;
}

const readyTimeoutMs = 60_000;

export function createFleet({ env, database, record }: FleetOptions): WorkerFleet {
  const running: WorkerProcess[] = [];
  /** Those that are still starting too. */
  const children: NodeProcess[] = [];
  let nextSlot = 0;

  async function startOne(): Promise<void> {
    const slot = nextSlot;
    nextSlot += 1;
    const child = endAtExit(
      spawnNode({ entry: 'apps/worker/src/main.ts', env: { ...env, ORCHESTRATOR_WORKER_SLOT: String(slot % 1_024) } }),
    );
    children.push(child);
    const { workerId } = await child.waitForLog((entry) => entry.msg === 'ready', readyTimeoutMs);
    running.push({ workerId: String(workerId), pid: child.pid, process: child });
  }

  function remove(worker: WorkerProcess): void {
    const index = running.indexOf(worker);
    if (index >= 0) running.splice(index, 1);
  }

  async function runsOf(worker: WorkerProcess): Promise<string[]> {
    const rows = await database.query<{ id: string }>(
      `select id from ai_workflow_runs where status = 'running' and lease_owner = $1`,
      [worker.workerId],
    );
    return rows.map((row) => row.id);
  }

  /** Called right after the signal: within a lease nobody else can have taken the runs. */
  async function noteLoss(worker: WorkerProcess, atMs: number): Promise<void> {
    record.losses.push({ atMs, workerId: worker.workerId, runIds: await runsOf(worker) });
  }

  async function readMetrics(worker: WorkerProcess): Promise<WorkerReading> {
    const seen = worker.process.lines.length;
    worker.process.signal('SIGUSR2');
    return pollUntil(
      () => {
        const line = worker.process.lines.slice(seen).findLast((each) => each.includes('"msg":"metrics"'));
        return line === undefined ? undefined : (JSON.parse(line) as WorkerReading);
      },
      { what: `worker ${worker.pid} prints its metrics` },
    );
  }

  return {
    running,
    start: async (count) => {
      await Promise.all(Array.from({ length: count }, startOne));
    },
    runsOf,
    untilHolding: async (worker, count) => {
      await pollUntil(async () => ((await runsOf(worker)).length >= count ? true : undefined), {
        what: `worker ${worker.pid} holds ${count} runs`,
        intervalMs: 20,
      });
    },
    kill: async (worker) => {
      remove(worker);
      const atMs = Date.now();
      worker.process.signal('SIGKILL');
      await worker.process.exited;
      await noteLoss(worker, atMs);
      record.faults += 1;
    },
    terminate: async (worker, timeoutMs) => {
      remove(worker);
      record.faults += 1;
      return worker.process.kill('SIGTERM', timeoutMs);
    },
    freeze: async (worker, { isLoss }) => {
      const atMs = Date.now();
      worker.process.signal('SIGSTOP');
      record.faults += 1;
      if (isLoss) await noteLoss(worker, atMs);
    },
    thaw: (worker) => worker.process.signal('SIGCONT'),
    untilIdle: async (worker) => {
      await pollUntil(async () => ((await readMetrics(worker)).metrics.runs.active === 0 ? true : undefined), {
        what: `worker ${worker.pid} is idle`,
        intervalMs: 200,
      });
    },
    dispose: async () => {
      await Promise.all(children.map((child) => child.kill('SIGKILL')));
    },
  };
}
