import type { LiveEvent } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { createClient } from '../create-client.ts';
import type { ClientOptions, Reconnect } from '../options.ts';
import { collect } from '../testing/collect.ts';
import { event, jobId, token, wholeRun, wire } from '../testing/events.ts';
import { hangUp, json, problem, type Received, type Step, startScriptedServer, stream } from '../testing/scripted-server.ts';

const quick: Partial<ClientOptions> = { retryDelayMs: 1 };
const wires = wholeRun.map((each) => wire(each));
const lastSeen = ({ headers }: Received) => headers['last-event-id'];

/** The rest of a run, as the server tells it to one who names the last event seen. */
const rest: Step = async (response, request) => {
  const seen = wholeRun.findIndex(({ epoch, seq }) => `${epoch}-${seq}` === lastSeen(request));
  await stream(wires.slice(seen + 1))(response, request);
};

async function eventsOf(url: string, options: Partial<ClientOptions> = quick): Promise<LiveEvent[]> {
  return collect(createClient({ baseUrl: url, ...options }).runs.stream(jobId));
}

it('gives the events and ends after the last one', async () => {
  await using server = await startScriptedServer(stream(['retry: 1000\n\n', ...wires], { end: 'open' }));
  expect(await eventsOf(server.url)).toEqual(wholeRun);
  expect(server.received).toHaveLength(1);
  expect(server.received[0]).toMatchObject({
    method: 'GET',
    url: `/api/jobs/${jobId}/events`,
    headers: { accept: 'text/event-stream' },
  });
});

describe.each(['end', 'break'] as const)('when the connection is lost (%s)', (end) => {
  it('goes on without a gap and without repeating, wherever it was cut', async () => {
    const bytes = Buffer.from(`retry: 1\n\n${wires.join('')}`);
    // The job's name says where its first connection is cut.
    await using server = await startScriptedServer(async (response, request) => {
      const cut = Number(/cut-(\d+)/.exec(request.url)?.[1]);
      const isFirst = lastSeen(request) === undefined && !seenBefore.has(cut);
      seenBefore.add(cut);
      await (isFirst ? stream([bytes.subarray(0, cut)], { end }) : rest)(response, request);
    });
    const seenBefore = new Set<number>();
    const client = createClient({ baseUrl: server.url, ...quick });
    const cuts = [...bytes.keys()];
    const follow = async () => {
      for (let cut = cuts.pop(); cut !== undefined; cut = cuts.pop()) {
        expect(await collect(client.runs.stream(`cut-${cut}`)), `cut at ${cut}`).toEqual(wholeRun);
      }
    };
    await Promise.all(Array.from({ length: 16 }, follow));
    expect(seenBefore.size).toBe(bytes.length);
  });
});

it('drops what it has seen, when a server tells it again', async () => {
  await using server = await startScriptedServer(
    stream([...wires.slice(0, 3), ...wires.slice(1, 4)], { end: 'break' }),
    stream(wires),
  );
  expect(await eventsOf(server.url)).toEqual(wholeRun);
  expect(server.received.map(lastSeen)).toEqual([undefined, '1-4']);
});

it('takes the numbers of a new lease for new events', async () => {
  const again = [
    event('2-4', 'restart', { stepId: 'generate', reason: 'worker-lost' }),
    token('2-5', 'Hi'),
    event('2-6', 'run-completed', { degraded: false }),
  ];
  await using server = await startScriptedServer(stream([...wires.slice(0, 5), ...again.map((each) => wire(each))]));
  expect(await eventsOf(server.url)).toEqual([...wholeRun.slice(0, 5), ...again]);
});

it('passes over events of a kind that it does not know', async () => {
  const unknown = `id: 1-2\nevent: run-painted\ndata: {"type":"run-painted","epoch":1,"seq":2}\n\n`;
  await using server = await startScriptedServer(stream([wires[0] ?? '', unknown], { end: 'break' }), rest);
  expect(await eventsOf(server.url)).toEqual([wholeRun[0], ...wholeRun.slice(2)]);
  expect(lastSeen(server.received[1] as Received)).toBe('1-2');
});

it('begins behind an event, and asks for some types only', async () => {
  await using server = await startScriptedServer(stream(wires.slice(4)));
  const client = createClient({ baseUrl: server.url });
  const events = client.runs.stream(jobId, { lastEventId: '1-4', types: ['token', 'restart'] });
  expect(await collect(events)).toEqual(wholeRun.slice(4));
  expect(events.lastEventId).toBe('1-6');
  expect(server.received[0]).toMatchObject({
    url: `/api/jobs/${jobId}/events?types=token%2Crestart`,
    headers: { 'last-event-id': '1-4' },
  });
});

it('ends where nothing can come any more', async () => {
  await using server = await startScriptedServer((response) => void response.writeHead(204).end());
  expect(await eventsOf(server.url)).toEqual([]);
  expect(server.received).toHaveLength(1);
});

describe('gives up', () => {
  it('after maxRetries attempts in a row that brought nothing', async () => {
    await using server = await startScriptedServer(stream(wires.slice(0, 2), { end: 'break' }), hangUp);
    const failure = eventsOf(server.url, { ...quick, maxRetries: 3 });
    await expect(failure).rejects.toMatchObject({ code: 'stream-interrupted', retryable: true, jobId });
    // One that brought something, and then: the first retry, and the others up to the limit.
    expect(server.received).toHaveLength(1 + 3);
  });

  it('when a server keeps closing', async () => {
    await using server = await startScriptedServer(stream([': hello\n\n']));
    await expect(eventsOf(server.url, { ...quick, maxRetries: 2 })).rejects.toMatchObject({ code: 'stream-interrupted' });
    expect(server.received).toHaveLength(3);
  });

  it('at once when the server refuses', async () => {
    await using server = await startScriptedServer(problem(404, 'not-found'));
    await expect(eventsOf(server.url)).rejects.toMatchObject({ status: 404, code: 'not-found', jobId });
    await using other = await startScriptedServer(json(200, {}));
    await expect(eventsOf(other.url)).rejects.toMatchObject({ code: 'invalid-response' });
    await using broken = await startScriptedServer(stream(['id: 1-1\ndata: {"type"\n\n']));
    await expect(eventsOf(broken.url)).rejects.toMatchObject({ code: 'invalid-response' });
  });

  it('not as long as each attempt brings something', async () => {
    const steps = wires.map((text) => stream([text], { end: 'break' }));
    await using server = await startScriptedServer(...steps);
    expect(await eventsOf(server.url, { ...quick, maxRetries: 1 })).toEqual(wholeRun);
  });
});

it('waits as long as the server says before it connects again', async () => {
  await using server = await startScriptedServer(stream(['retry: 800\n\n', ...wires.slice(0, 1)]), rest);
  const startedAtMs = performance.now();
  expect(await eventsOf(server.url)).toEqual(wholeRun);
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(399);
  await using busy = await startScriptedServer(problem(503, 'shutting-down', { retryable: true }, { 'retry-after': '1' }), rest);
  const askedAtMs = performance.now();
  expect(await eventsOf(busy.url)).toEqual(wholeRun);
  expect(performance.now() - askedAtMs).toBeGreaterThanOrEqual(999);
});

it('tells when it connects again, and why', async () => {
  await using server = await startScriptedServer(
    stream(wires.slice(0, 2)),
    problem(503, 'store-unavailable', { retryable: true }),
    rest,
  );
  const reconnects: Reconnect[] = [];
  const onReconnect = (reconnect: Reconnect) => void reconnects.push(reconnect);
  await collect(createClient({ baseUrl: server.url, ...quick }).runs.stream(jobId, { onReconnect }));
  expect(reconnects).toMatchObject([
    { failures: 1, error: undefined },
    { failures: 2, error: { status: 503 } },
  ]);
});

it('ends when the caller aborts', async () => {
  await using server = await startScriptedServer(stream(wires.slice(0, 2), { end: 'open' }));
  const controller = new AbortController();
  const events = createClient({ baseUrl: server.url }).runs.stream(jobId, { signal: controller.signal });
  const seen: LiveEvent[] = [];
  const reading = (async () => {
    for await (const each of events) {
      seen.push(each);
      if (seen.length === 2) controller.abort(new Error('enough'));
    }
  })();
  await expect(reading).rejects.toThrow('enough');
  await expect(events.result()).rejects.toThrow('enough');
});
