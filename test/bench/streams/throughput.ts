import { setTimeout as delay } from 'node:timers/promises';
import { readProcess } from '../durable/process-reading.ts';
import { cpuTimeMs } from '../processes/cpu-time.ts';
import type { Installation } from './installation.ts';
import { countEvents, openStream } from './open-stream.ts';

const pieces = 100_000;
const model = 'gpt-6-luna';

export interface Audience {
  readonly jobs: number;
  /** Of each job. */
  readonly readers: number;
  /** Pieces per second and job that the vendor sends. */
  readonly piecesPerSecond: number;
}

/** One job that everybody reads, more than an API process can send, and many jobs with a reader each at the pace of real models. */
export const audiences: Readonly<Record<string, Audience>> = {
  'one-job': { jobs: 1, readers: 100, piecesPerSecond: 1_000 },
  'many-jobs': { jobs: 64, readers: 1, piecesPerSecond: 50 },
};

async function startJob({ url }: Installation, { piecesPerSecond }: Audience): Promise<string> {
  const answer = await fetch(`${url}/api/ai/generate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify({
      prompt: `pieces=${pieces} everyMs=${1_000 / piecesPerSecond}`,
      provider: 'openai',
      model,
      maxTokens: 100,
    }),
  });
  return String(((await answer.json()) as { jobId?: string }).jobId);
}

async function cancelJob({ url }: Installation, jobId: string): Promise<void> {
  await fetch(`${url}/api/jobs/${jobId}/cancel`, { method: 'POST' });
}

/** Events per second that one API process sends to an audience, and what they cost it. */
export async function measureThroughput(
  installation: Installation,
  audience: Audience,
  measureMs: number,
): Promise<Record<string, number>> {
  const { api, worker, url } = installation;
  const jobIds = await Promise.all(Array.from({ length: audience.jobs }, () => startJob(installation, audience)));
  let received = 0;
  const onText = (text: string) => {
    received += countEvents(text);
  };
  const readers = jobIds.flatMap((jobId) => Array.from({ length: audience.readers }, () => `${url}/api/jobs/${jobId}/events`));
  const streams = await Promise.all(readers.map((events) => openStream({ url: events, onText })));
  try {
    await delay(1_000);
    await readProcess(api);
    const before = { received, atMs: performance.now(), cpuMs: cpuTimeMs(api.pid), workerCpuMs: cpuTimeMs(worker.pid) };
    await delay(measureMs);
    const seconds = (performance.now() - before.atMs) / 1_000;
    const cpuMs = cpuTimeMs(api.pid) - before.cpuMs;
    const workerCpuMs = cpuTimeMs(worker.pid) - before.workerCpuMs;
    const count = received - before.received;
    const { eventLoopUtilization } = await readProcess(api);
    return {
      perSecond: count / seconds,
      cpuUsPerEvent: (cpuMs * 1_000) / count,
      workerCpuUsPerPiece: (workerCpuMs * 1_000 * audience.readers) / count,
      loopBusy: eventLoopUtilization,
    };
  } finally {
    for (const stream of streams) stream.leave();
    await Promise.all(jobIds.map((jobId) => cancelJob(installation, jobId)));
  }
}
