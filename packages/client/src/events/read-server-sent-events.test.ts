import type { EventSourceMessage } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { OrchestratorError } from '../orchestrator-error.ts';
import { collect } from '../testing/collect.ts';
import { wholeRun, wire } from '../testing/events.ts';
import { readServerSentEvents } from './read-server-sent-events.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function bodyOf(pieces: readonly Uint8Array[], onCancel?: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      if (onCancel === undefined) controller.close();
    },
    cancel: () => onCancel?.(),
  });
}

async function read(pieces: readonly Uint8Array[], onRetry: (delayMs: number) => void = () => {}): Promise<EventSourceMessage[]> {
  return collect(readServerSentEvents(bodyOf(pieces), { idleTimeoutMs: 1_000, onRetry }));
}

const expected = wholeRun.map((event) => ({
  id: `${event.epoch}-${event.seq}`,
  event: event.type,
  data: JSON.stringify(event),
}));

describe.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('with lines that end in %s', (_, lineEnd) => {
  // After a lone CR nobody knows that the line has ended before the next character comes: the heartbeat brings it.
  const text = `: hello${lineEnd}retry: 250${lineEnd}${lineEnd}${wholeRun.map((event) => wire(event, lineEnd)).join('')}:${lineEnd}\n`;
  const whole = bytes(text);

  it('reads the same events wherever the bytes are cut in two', async () => {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const retries: number[] = [];
      const events = await read([whole.subarray(0, cut), whole.subarray(cut)], (delayMs) => retries.push(delayMs));
      expect(events, `cut at ${cut}`).toEqual(expected);
      expect(retries, `cut at ${cut}`).toEqual([250]);
    }
  });

  it('reads them byte by byte', async () => {
    expect(await read(Array.from(whole, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });
});

it('passes over a byte order mark, fields without meaning and malformed retries', async () => {
  const retries: number[] = [];
  const text = '\ufeffdata: 1\nfoo: bar\nretry: soon\nno colon\n\ndata:2\ndata:  3\n\n';
  expect(await read([bytes(text)], (delayMs) => retries.push(delayMs))).toEqual([
    { id: undefined, event: undefined, data: '1' },
    { id: undefined, event: undefined, data: '2\n 3' },
  ]);
  expect(retries).toEqual([]);
});

it('drops what is cut before its blank line', async () => {
  expect(await read([bytes('data: 1\n\ndata: 2\n')])).toHaveLength(1);
});

it('reads a line of 20 MB in small pieces', async () => {
  const text = `data: "${'x'.repeat(20_000_000)}"\n\n`;
  const whole = bytes(text);
  const pieces = Array.from({ length: Math.ceil(whole.length / 4_096) }, (_, index) =>
    whole.subarray(index * 4_096, (index + 1) * 4_096),
  );
  const [event] = await read(pieces);
  expect(event?.data.length).toBe(20_000_002);
});

it('gives up on a line that never ends', async () => {
  const chunk = bytes('x'.repeat(8 * 1_024 * 1_024));
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(chunk) });
  const reading = collect(readServerSentEvents(endless, { idleTimeoutMs: 1_000, onRetry: () => {} }));
  await expect(reading).rejects.toMatchObject({ code: 'invalid-response', retryable: false });
});

it('takes silence for a dead connection, and lets go of it', async () => {
  let isCancelled = false;
  const body = bodyOf([bytes('data: 1\n\n')], () => {
    isCancelled = true;
  });
  const events = readServerSentEvents(body, { idleTimeoutMs: 20, onRetry: () => {} });
  expect((await events.next()).value).toMatchObject({ data: '1' });
  const error = await events.next().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OrchestratorError);
  expect(error).toMatchObject({ code: 'network-error', retryable: true });
  expect(isCancelled).toBe(true);
});

it('closes the connection when its reader leaves', async () => {
  let isCancelled = false;
  const body = bodyOf([bytes('data: 1\n\n')], () => {
    isCancelled = true;
  });
  for await (const _ of readServerSentEvents(body, { idleTimeoutMs: 1_000, onRetry: () => {} })) break;
  expect(isCancelled).toBe(true);
});
