import { type LiveEvent, liveEventSchema } from '@orchestrator/contracts';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { expect } from 'vitest';
import { checkExchange } from '../../../apps/api/src/testing/openapi/check-exchange.ts';

/** One event as it came over the wire. */
export interface ReadEvent {
  readonly id: string;
  readonly event: LiveEvent;
}

export interface EventReader extends AsyncIterable<ReadEvent>, AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** Everything read so far. */
  readonly read: readonly ReadEvent[];
  /** Reads up to the first event that fits. Throws when the stream ends before. */
  until(fits: (event: LiveEvent) => boolean): Promise<LiveEvent>;
  /** Reads to the end of the stream. Throws when it breaks off. */
  toEnd(): Promise<readonly ReadEvent[]>;
  /** Reads until the stream breaks off. Throws when it ends in order. */
  toBreak(): Promise<readonly ReadEvent[]>;
  /** Breaks the connection off. */
  leave(): Promise<void>;
}

/** Opens a stream of events and checks each one against the contract, and against what the OpenAPI document says of it. */
export async function readEvents(url: string, init: RequestInit = {}): Promise<EventReader> {
  const controller = new AbortController();
  const response = await fetch(url, { ...init, signal: controller.signal });
  const nothing = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (empty) => empty.close() });
  const source = (response.body ?? nothing).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  const reader = source.getReader();
  const read: ReadEvent[] = [];

  async function next(): Promise<ReadEvent | null> {
    const { done, value } = await reader.read();
    if (done) return null;
    const { pathname, search } = new URL(url);
    const { status, headers } = response;
    checkExchange({ method: init.method ?? 'GET', url: pathname + search, status, headers, text: `data: ${value.data}\n` });
    const event = liveEventSchema.parse(JSON.parse(value.data));
    expect(value.event).toBe(event.type);
    // Nothing is sent that is not described.
    const described = liveEventSchema.options.find(({ shape }) => shape.type.value === event.type)?.shape ?? {};
    expect(Object.keys(event).filter((name) => !(name in described))).toEqual([]);
    const one = { id: value.id ?? '', event };
    read.push(one);
    return one;
  }

  const leave = async () => {
    controller.abort();
    await reader.closed.catch(() => {});
  };
  return {
    status: response.status,
    headers: response.headers,
    read,
    async until(fits) {
      for (let one = await next(); one !== null; one = await next()) if (fits(one.event)) return one.event;
      throw new Error(`the stream ended after ${JSON.stringify(read)}`);
    },
    async toEnd() {
      while ((await next()) !== null);
      return read;
    },
    async toBreak() {
      for (;;) {
        const one = await next().catch(() => 'broken' as const);
        if (one === 'broken') return read;
        if (one === null) throw new Error(`the stream ended in order after ${JSON.stringify(read.at(-1))}`);
      }
    },
    async *[Symbol.asyncIterator]() {
      for (let one = await next(); one !== null; one = await next()) yield one;
    },
    leave,
    [Symbol.asyncDispose]: leave,
  };
}

export const isToken = ({ type }: LiveEvent): boolean => type === 'token';
export const isEnd = ({ type }: LiveEvent): boolean => /^run-(completed|failed|cancelled)$/.test(type);

export function idsOf(events: readonly ReadEvent[]): readonly string[] {
  return events.map(({ id }) => id);
}

/** The types in order; neighbouring tokens are one. */
export function typesOf(events: readonly ReadEvent[]): readonly string[] {
  return events.map(({ event }) => event.type).filter((type, index, all) => type !== 'token' || all[index - 1] !== 'token');
}

/** The text that a reader has of a step: what came since the last restart. */
export function textOf(events: readonly ReadEvent[], stepId: string): string {
  const own = events.map(({ event }) => event).filter((event) => 'stepId' in event && event.stepId === stepId);
  const since = own.findLastIndex(({ type }) => type === 'restart') + 1;
  return own.slice(since).reduce((text, event) => (event.type === 'token' ? text + (event.text ?? '') : text), '');
}
