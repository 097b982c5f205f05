import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createManualClock, settle } from '../testing/manual-clock.ts';
import { createEventStreams, formatEvent, type ServerSentEvent } from './event-streams.ts';
import { addRoutes, type Route } from './route.ts';

const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Events that a test gives one by one. */
function createSource() {
  const waiting: ServerSentEvent[] = [];
  let wake = (): void => {};
  let isOver = false;
  let failure: Error | undefined;
  const source = {
    taken: 0,
    isLeft: false,
    give(...events: ServerSentEvent[]) {
      waiting.push(...events);
      wake();
    },
    end(error?: Error) {
      isOver = true;
      failure = error;
      wake();
    },
    async *events(signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
      try {
        while (!signal.aborted) {
          for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
            source.taken += 1;
            yield event;
          }
          if (failure !== undefined) throw failure;
          if (isOver) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
        }
      } finally {
        source.isLeft = true;
      }
    },
  };
  return source;
}

async function startStreams() {
  const clock = createManualClock();
  const source = createSource();
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (_: object, sentence: string) => void warnings.push(sentence), error() {} };
  const streams = createEventStreams({ clock, log });
  const app = express();
  const route: Route = {
    method: 'GET',
    path: '/events',
    doc: { operationId: 'events', summary: 'Events', tag: 'jobs', responses: { 200: { description: 'Events.' } } },
    handle: (call) => streams.reply(source.events, { signal: call.gone, headers: { 'X-Job-Id': 'job-1' } }),
  };
  addRoutes(app, [route], { requestLimit: null, keepReply: async (_request, carryOut) => carryOut() });
  const server = createServer(app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { clock, source, streams, warnings, port };
}

/** A client that reads when it is told to. */
async function openStream(port: number) {
  const request = httpRequest({ port, path: '/events', agent: false }).end();
  undo.push(() => void request.destroy());
  request.on('error', () => {});
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const client = {
    text: '',
    bytes: 0,
    hasEnded: false,
    leave: () => request.destroy(),
    pause: () => answer.pause(),
    resume: () => answer.resume(),
  };
  answer.on('data', (chunk: Buffer) => {
    client.bytes += chunk.length;
    if (client.bytes < 100_000) client.text += chunk.toString();
  });
  answer.on('end', () => {
    client.hasEnded = true;
  });
  answer.on('error', () => {});
  await until(() => client.text.includes('retry'));
  return client;
}

async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 20_000, interval: 1 });
}

const tick = (data: string): ServerSentEvent => ({ id: '1-1', event: 'token', data });

describe('the wire', () => {
  it('has the headers that keep proxies from collecting, then the events', async () => {
    const { source, port, streams } = await startStreams();
    source.give({ id: '1-2', event: 'token', data: '{"a":1}' }, { data: 'bare' });
    source.end();
    const response = await fetch(`http://127.0.0.1:${port}/events`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-job-id': 'job-1',
    });
    expect(await response.text()).toBe('retry: 1000\n\nid: 1-2\nevent: token\ndata: {"a":1}\n\ndata: bare\n\n');
    expect(streams.metrics()).toEqual({ open: 0, sent: 2, stalled: 0 });
  });

  it('sends an event when it comes, not when a buffer is full', async () => {
    const { source, port } = await startStreams();
    const client = await openStream(port);
    for (const word of ['one', 'two', 'three']) {
      source.give(tick(word));
      await until(() => client.text.includes(word));
    }
  });

  it('answers HEAD with the headers and leaves the events alone', async () => {
    const { source, port, streams } = await startStreams();
    source.give(tick('x'));
    const [answer] = (await once(httpRequest({ port, method: 'HEAD', path: '/events' }).end(), 'response')) as [IncomingMessage];
    answer.resume();
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/event-stream']);
    expect([source.taken, streams.metrics().open]).toEqual([0, 0]);
  });

  it('takes a long event apart without harm to its characters', async () => {
    const { source, port } = await startStreams();
    const text = `a${'\u{1f99c}é'.repeat(40_000)}`;
    source.give(tick(text));
    source.end();
    const received = await (await fetch(`http://127.0.0.1:${port}/events`)).text();
    expect(received).toBe(`retry: 1000\n\nid: 1-1\nevent: token\ndata: ${text}\n\n`);
  });
});

describe('a quiet stream', () => {
  it('gets a comment when nothing was sent for 15 s, and none before', async () => {
    const { source, port, clock } = await startStreams();
    const client = await openStream(port);
    await clock.advance(14_000);
    source.give(tick('late'));
    await until(() => client.text.includes('late'));
    await clock.advance(14_000);
    expect(client.text).not.toContain('heartbeat');
    await clock.advance(6_000);
    await until(() => client.text.includes(': heartbeat\n\n'));
    await clock.advance(45_000);
    await until(() => client.text.split(': heartbeat\n\n').length === 5);
  });

  it('costs no timer once all streams are closed', async () => {
    const { source, port, clock, streams } = await startStreams();
    await openStream(port);
    expect(streams.metrics().open).toBe(1);
    source.end();
    await until(() => streams.metrics().open === 0);
    await clock.advance(5_000);
    expect(clock.timers).toBe(0);
  });
});

/** Long events, until the buffers of both sides are full and nothing more is taken. */
async function giveUntilStuck({ source }: Awaited<ReturnType<typeof startStreams>>): Promise<void> {
  source.give(...Array.from({ length: events }, () => tick(data)));
  let taken = -1;
  while (taken !== source.taken) {
    taken = source.taken;
    for (let turn = 0; turn < 50; turn += 1) await settle();
  }
}
const events = 2_000;
const data = 'x'.repeat(20_000);
const eventBytes = formatEvent(tick(data)).length;

describe('a reader', () => {
  it('that is slow is waited for, and little is kept for it', async () => {
    const world = await startStreams();
    const { source, clock, streams, port } = world;
    const client = await openStream(port);
    client.pause();
    await giveUntilStuck(world);
    // What the system's own buffers hold, of 40 MB.
    expect(source.taken).toBeGreaterThan(0);
    expect(source.taken).toBeLessThan(events / 2);
    // As long as it takes something it stays.
    for (let moment = 0; moment < 5; moment += 1) {
      await clock.advance(20_000);
      const before = source.taken;
      client.resume();
      await until(() => source.taken > before);
      client.pause();
    }
    source.end();
    client.resume();
    await until(() => client.hasEnded);
    expect(client.bytes).toBe('retry: 1000\n\n'.length + events * eventBytes);
    expect(streams.metrics()).toEqual({ open: 0, sent: events, stalled: 0 });
  });

  it('that takes nothing for 30 s is disconnected', async () => {
    const world = await startStreams();
    const { source, clock, streams, port } = world;
    const client = await openStream(port);
    client.pause();
    await giveUntilStuck(world);
    const { taken } = source;
    await clock.advance(29_000);
    expect(streams.metrics()).toMatchObject({ open: 1, stalled: 0 });
    await clock.advance(1_000);
    await until(() => streams.metrics().open === 0);
    expect(streams.metrics().stalled).toBe(1);
    expect(source).toMatchObject({ taken, isLeft: true });
  });

  it('that takes a bit of one long event now and then is not', async () => {
    const { source, clock, streams, port } = await startStreams();
    const client = await openStream(port);
    client.pause();
    // The system's own buffers hold some megabytes: a bite must reach behind them.
    const biteBytes = 12_000_000;
    const long = tick('y'.repeat(4 * biteBytes));
    source.give(long);
    source.end();
    let moments = 0;
    for (; streams.metrics().open > 0; moments += 1) {
      await clock.advance(29_000);
      const before = client.bytes;
      client.resume();
      await until(() => client.bytes > before + biteBytes || streams.metrics().open === 0);
      client.pause();
    }
    expect(streams.metrics().stalled).toBe(0);
    client.resume();
    await until(() => client.hasEnded);
    expect(client.bytes).toBe('retry: 1000\n\n'.length + formatEvent(long).length);
    expect(moments).toBeGreaterThan(2);
  });

  it('that leaves lets the events go', async () => {
    const { source, clock, streams, port } = await startStreams();
    const client = await openStream(port);
    client.leave();
    await until(() => streams.metrics().open === 0);
    expect(source.isLeft).toBe(true);
    await clock.advance(60_000);
    expect(clock.timers).toBe(0);
  });

  it('that leaves while it is waited for lets the events go', async () => {
    const world = await startStreams();
    const { source, streams, port } = world;
    const client = await openStream(port);
    client.pause();
    await giveUntilStuck(world);
    client.leave();
    await until(() => streams.metrics().open === 0);
    expect(streams.metrics().stalled).toBe(0);
    expect(source.isLeft).toBe(true);
  });

  it('is disconnected without an end when the events break off', async () => {
    const { source, streams, warnings, port } = await startStreams();
    source.give(tick('one'));
    const client = await openStream(port);
    await until(() => streams.metrics().sent === 1);
    source.end(new Error('the store stays away'));
    await until(() => streams.metrics().open === 0);
    expect(client.hasEnded).toBe(false);
    expect(warnings).toEqual(['a stream of events was broken off']);
  });
});
