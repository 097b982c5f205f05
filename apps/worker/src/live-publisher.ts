import type { RelayMessage, RunEvent } from '@orchestrator/contracts';
import type { Queue } from '@orchestrator/queue';
import type { LiveEvents } from '@orchestrator/workflow';

export interface LivePublisherOptions {
  readonly queue: Pick<Queue, 'publish'>;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}

export interface LivePublisher extends LiveEvents {
  /** To be called with each `follow` message. */
  onFollow(message: Extract<RelayMessage, { type: 'follow' }>): void;
  /** Resolves when nothing waits to be sent. */
  drained(): Promise<void>;
}

/** An API process repeats what it follows every 5 s; one that is gone is forgotten. Milliseconds. */
const followedForMs = 16_000;
/** Runs of all API processes together; beyond it the oldest are forgotten until they are named again. */
const maxFollowed = 200_000;
/** A relay message holds 512 KiB; characters of ours may take more than one byte there. */
const maxMessageLength = 120_000;

type RunBatch = Extract<RelayMessage, { type: 'run-events' }>['runs'][number];
interface Pending {
  readonly batch: RunBatch;
  readonly length: number;
}

function lengthOf(events: readonly RunEvent[]): number {
  return events.reduce((sum, event) => sum + JSON.stringify(event).length, 100);
}

/**
 * Sends what happens in runs to the API processes that follow them: one message in flight per process, what comes meanwhile goes
 * in the next one. Nothing waits when idle, and under load the messages grow instead of their number.
 */
export function createLivePublisher({ queue, nowMs }: LivePublisherOptions): LivePublisher {
  const followers = new Map<string, Map<string, number>>();
  const pending = new Map<string, Pending[]>();
  const flushes = new Map<string, Promise<void>>();

  function topicsOf(runId: string): readonly string[] {
    const topics = followers.get(runId);
    if (topics === undefined) return [];
    const now = nowMs();
    for (const [topic, untilMs] of topics) if (untilMs < now) topics.delete(topic);
    if (topics.size === 0) followers.delete(runId);
    return [...topics.keys()];
  }

  function takeMessage(waiting: Pending[]): RunBatch[] {
    let length = 0;
    const fitting = waiting.findIndex((item, index) => {
      length += item.length;
      return index > 0 && length > maxMessageLength;
    });
    return waiting.splice(0, fitting === -1 ? waiting.length : fitting).map(({ batch }) => batch);
  }

  async function flush(topic: string, waiting: Pending[]): Promise<void> {
    while (waiting.length > 0) await queue.publish(topic, { type: 'run-events', runs: takeMessage(waiting) });
    // Topics come and go with API processes.
    pending.delete(topic);
    flushes.delete(topic);
  }

  function send(topic: string, item: Pending): void {
    const waiting = pending.get(topic);
    if (waiting !== undefined) return void waiting.push(item);
    const fresh = [item];
    pending.set(topic, fresh);
    flushes.set(topic, flush(topic, fresh));
  }

  return {
    isFollowed: (runId) => topicsOf(runId).length > 0,
    tell({ runId, epoch, replyTo }, events) {
      const topics = new Set(topicsOf(runId));
      if (replyTo !== undefined) topics.add(replyTo);
      if (topics.size === 0) return;
      const item: Pending = { batch: { runId, epoch, events: [...events] }, length: lengthOf(events) };
      for (const topic of topics) send(topic, item);
    },
    onFollow({ topic, runIds }) {
      const untilMs = nowMs() + followedForMs;
      for (const runId of runIds) {
        const topics = followers.get(runId) ?? new Map<string, number>();
        topics.set(topic, untilMs);
        // The oldest come first in the map.
        followers.delete(runId);
        followers.set(runId, topics);
      }
      for (const runId of followers.keys()) {
        if (followers.size <= maxFollowed) break;
        followers.delete(runId);
      }
    },
    async drained() {
      await Promise.all(flushes.values());
    },
  };
}
