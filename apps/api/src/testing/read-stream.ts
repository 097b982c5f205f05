import type { LiveEvent } from '@orchestrator/contracts';
import { EventSourceParserStream } from 'eventsource-parser/stream';

export interface ReadStream {
  readonly response: Response;
  /** Everything received so far. */
  readonly events: readonly LiveEvent[];
  readonly ids: readonly string[];
  /** `open`, `ended` or `broken`. */
  readonly state: string;
  leave(): void;
}

/** Opens a stream of events and reads all that comes. */
export async function readStream(url: string, init: RequestInit = {}): Promise<ReadStream> {
  const controller = new AbortController();
  const response = await fetch(url, { ...init, signal: controller.signal });
  const stream = {
    response,
    events: [] as LiveEvent[],
    ids: [] as string[],
    state: 'open',
    leave: () => controller.abort(),
  };
  const body = response.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (source) => source.close() });
  async function readAll(): Promise<void> {
    for await (const { id, data } of body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) {
      stream.ids.push(id ?? '');
      stream.events.push(JSON.parse(data) as LiveEvent);
    }
  }
  readAll().then(
    () => {
      stream.state = 'ended';
    },
    () => {
      stream.state = 'broken';
    },
  );
  return stream;
}
