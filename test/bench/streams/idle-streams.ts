import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readProcess } from '../durable/process-reading.ts';
import { cpuTimeMs } from '../processes/cpu-time.ts';
import type { Installation } from './installation.ts';
import { countEvents, type OpenStream, openStream } from './open-stream.ts';

export const idleStreams = 2_000;
/** Longer than two heartbeats. */
const idleMs = 35_000;
const atOnce = 100;
const napMs = 3_600_000;

async function startNap({ url }: Installation): Promise<string> {
  const answer = await fetch(`${url}/api/workflows/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify({ workflow: { name: 'nap', steps: [{ id: 'nap', action: 'delay', delayMs: napMs }] } }),
  });
  return String(((await answer.json()) as { runId?: string }).runId);
}

function openHandles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return Number.NaN; // no Linux
  }
}

/** Follows a job and resolves when the reader knows that it has come to rest. */
async function followNap({ url }: Installation, jobId: string): Promise<OpenStream> {
  const { promise: isAsleep, resolve } = Promise.withResolvers<void>();
  let received = '';
  const stream = await openStream({
    url: `${url}/api/jobs/${jobId}/events`,
    onText(text) {
      if (countEvents(received) < 5) received += text;
      if (received.includes('event: run-parked\n')) resolve();
    },
  });
  await isAsleep;
  return stream;
}

async function inParts<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))));
  }
  return results;
}

/** What so many streams of jobs that sleep cost an API process. */
export async function measureIdleStreams(installation: Installation): Promise<Record<string, number>> {
  const { api } = installation;
  const reading = async () => ({ rssMb: (await readProcess(api)).rssBytes / 2 ** 20, handles: openHandles(api.pid) });
  const started = await reading();
  const jobIds = await inParts(Array.from({ length: idleStreams }), () => startNap(installation));
  const before = await reading();
  const streams = await inParts(jobIds, (jobId) => followNap(installation, jobId));
  const opened = await reading();
  const cpuBeforeMs = cpuTimeMs(api.pid);
  await delay(idleMs);
  const idle = await reading();
  const cpuMs = cpuTimeMs(api.pid) - cpuBeforeMs;
  for (const stream of streams) stream.leave();
  await delay(1_000);
  const after = await reading();
  return {
    'rssMb.started': started.rssMb,
    'rssMb.before': before.rssMb,
    'rssMb.opened': opened.rssMb,
    'rssMb.idle': idle.rssMb,
    'rssMb.added': Math.max(opened.rssMb, idle.rssMb) - before.rssMb,
    'handles.before': before.handles,
    'handles.idle': idle.handles,
    'handles.after': after.handles,
    cpuPercent: (cpuMs * 100) / idleMs,
  };
}
