import type { RelayMessage, RunEvent } from '@orchestrator/contracts';
import type { Queue } from '@orchestrator/queue';
import type { LiveEvents } from '@orchestrator/workflow';
import { createFollowers } from './followers.ts';

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

/** A relay message holds 512 KiB; characters of ours may take three bytes there. A longer event is left to the store. */
const maxMessageLength = 120_000;
/** What may wait for one API process. While messages don't get through, the rest is left to the store. */
const maxWaitingLength = 4_000_000;

type RunBatch = Extract<RelayMessage, { type: 'run-events' }>['runs'][number];

/** Events of one run that fit into a message. */
interface Item {
  readonly batch: RunBatch;
  readonly length: number;
}

interface Outbox {
  readonly items: Item[];
  length: number;
}

const envelopeLength = 100;

function itemsOf({ runId, epoch }: Pick<RunBatch, 'runId' | 'epoch'>, events: readonly RunEvent[]): readonly Item[] {
  const items: Item[] = [];
  let fitting: RunEvent[] = [];
  let length = envelopeLength;
  const close = (): void => {
    if (fitting.length > 0) items.push({ batch: { runId, epoch, events: fitting }, length });
    fitting = [];
    length = envelopeLength;
  };
  for (const event of events) {
    const ownLength = JSON.stringify(event).length;
    if (length + ownLength > maxMessageLength) close();
    if (envelopeLength + ownLength > maxMessageLength) continue;
    fitting.push(event);
    length += ownLength;
  }
  close();
  return items;
}

function takeMessage(outbox: Outbox): RunBatch[] {
  let length = 0;
  const end = outbox.items.findIndex((item) => {
    length += item.length;
    return length > maxMessageLength;
  });
  const taken = outbox.items.splice(0, end === -1 ? outbox.items.length : end);
  outbox.length -= taken.reduce((sum, item) => sum + item.length, 0);
  return taken.map(({ batch }) => batch);
}

/**
 * Sends what happens in runs to the API processes that follow them: one message in flight per process, what comes meanwhile goes
 * in the next one. Nothing waits when idle, and under load the messages grow instead of their number.
 */
export function createLivePublisher({ queue, nowMs }: LivePublisherOptions): LivePublisher {
  const followers = createFollowers(nowMs);
  const outboxes = new Map<string, Outbox>();
  const flushes = new Map<string, Promise<void>>();

  async function flush(topic: string, outbox: Outbox): Promise<void> {
    while (outbox.items.length > 0) await queue.publish(topic, { type: 'run-events', runs: takeMessage(outbox) });
    // Topics come and go with API processes.
    outboxes.delete(topic);
    flushes.delete(topic);
  }

  function send(topic: string, items: readonly Item[]): void {
    const known = outboxes.get(topic);
    const outbox = known ?? { items: [], length: 0 };
    for (const item of items) {
      if (outbox.length + item.length > maxWaitingLength) break;
      outbox.items.push(item);
      outbox.length += item.length;
    }
    if (known !== undefined || outbox.items.length === 0) return;
    outboxes.set(topic, outbox);
    flushes.set(topic, flush(topic, outbox));
  }

  return {
    isFollowed: (runId) => followers.of(runId).length > 0,
    tell(run, events) {
      const topics = new Set(followers.of(run.runId));
      if (run.replyTo !== undefined) topics.add(run.replyTo);
      if (topics.size === 0) return;
      const items = itemsOf(run, events);
      for (const topic of topics) send(topic, items);
    },
    onFollow: ({ topic, runIds }) => followers.add(topic, runIds),
    async drained() {
      await Promise.all(flushes.values());
    },
  };
}
