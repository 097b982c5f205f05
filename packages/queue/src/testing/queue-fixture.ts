import { randomUUID } from 'node:crypto';
import type { RunKind, Wake, WakeJob } from '@orchestrator/contracts';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createQueue } from '../create-queue.ts';
import type { Consumer, Queue, QueueBackend, QueueOptions } from '../queue.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { startServer, type TestServer } from './test-server.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly facts: object;
  readonly sentence: string;
}

export interface QueueFixture {
  readonly server: TestServer;
  readonly logs: LogLine[];
  /** The prefix of the test that runs now; every test has its own queues on the shared server. */
  readonly prefix: string;
  openQueue(options?: Partial<QueueOptions>): Promise<Queue>;
}

export function wakeOf(overrides: Partial<Wake> = {}): Wake {
  return { runId: randomUUID(), kind: 'generate', epoch: 0, wakeNo: 1, priority: 'normal', ...overrides };
}

export function wakesOf(count: number, overrides: Partial<Wake> = {}): Wake[] {
  return Array.from({ length: count }, () => wakeOf(overrides));
}

/** A consumer that records every job it gets. */
export function record(
  queue: Queue,
  kind: RunKind = 'generate',
  concurrency = 10,
): { readonly jobs: Recorder<WakeJob>; readonly consumer: Consumer } {
  const jobs = createRecorder<WakeJob>();
  const consumer = queue.consume({ kind, concurrency, handler: async (job) => jobs.record(job) });
  return { jobs, consumer };
}

export const hasRun =
  (runId: string) =>
  (jobs: readonly WakeJob[]): boolean =>
    jobs.some((job) => job.runId === runId);

/** One server for the file; queues opened in a test are closed after it. */
export function useQueueFixture(type: QueueBackend['type']): QueueFixture {
  let server: TestServer | undefined;
  let prefix = '';
  const logs: LogLine[] = [];
  const queues: Queue[] = [];
  const write = (level: LogLine['level']) => (facts: object, sentence: string) => void logs.push({ level, facts, sentence });
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };

  beforeAll(async () => {
    server = await startServer[type]();
  });
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close()));
    logs.length = 0;
    prefix = '';
  });
  afterAll(async () => {
    await server?.dispose();
  });

  const fixture: QueueFixture = {
    get server() {
      if (server === undefined) throw new Error('the server starts in beforeAll');
      return server;
    },
    logs,
    get prefix() {
      prefix ||= `t${randomUUID().slice(0, 8)}`;
      return prefix;
    },
    async openQueue(options = {}) {
      const queue = await createQueue({ backend: fixture.server.backend, prefix: fixture.prefix, log, ...options });
      queues.push(queue);
      return queue;
    },
  };
  return fixture;
}
