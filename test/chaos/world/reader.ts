import { setTimeout as delay } from 'node:timers/promises';
import { formatEventId, type LiveEvent, liveEventSchema } from '@orchestrator/contracts';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { SeededRandom } from '../seeded-random.ts';
import type { ApiProcess } from './api-process.ts';
import type { RunReading } from './record.ts';

export interface ReadRunOptions {
  readonly runId: string;
  readonly apis: readonly ApiProcess[];
  readonly random: SeededRandom;
  /** A connection is broken off by the reader after at most so long, milliseconds. */
  readonly maxConnectionMs: number;
  readonly signal: AbortSignal;
}

const retryMs = 200;

/**
 * Reads a run's events to their end as a browser would, over many connections: each breaks off at a random moment and is taken up
 * again at a random API, behind the last event that was received.
 */
export async function readRun({ runId, apis, random, maxConnectionMs, signal }: ReadRunOptions): Promise<RunReading> {
  const events: LiveEvent[] = [];
  let connections = 0;

  /** @returns whether that was the end */
  async function readOn(): Promise<boolean> {
    const last = events.at(-1);
    const leave = AbortSignal.any([signal, AbortSignal.timeout(random.between(1, maxConnectionMs))]);
    const headers: Record<string, string> = last === undefined ? {} : { 'last-event-id': formatEventId(last) };
    const response = await fetch(`${random.pick(apis).url}/api/jobs/${runId}/events`, { headers, signal: leave });
    connections += 1;
    if (response.status === 204) return true;
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the events of ${runId} were answered with ${response.status}`);
    }
    for await (const { data } of response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) {
      const event = liveEventSchema.parse(JSON.parse(data));
      events.push(event);
      if (/^run-(completed|failed|cancelled)$/.test(event.type)) return true;
    }
    return false;
  }

  while (!signal.aborted) {
    try {
      if (await readOn()) return { runId, events, connections };
    } catch {
      // Broken off by us, or by whatever the scenario breaks: what was missed shows in the audit.
      await delay(random.between(0, retryMs), undefined, { signal }).catch(() => {});
    }
  }
  return { runId, events, connections };
}
