import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { createClient } from '../create-client.ts';
import { collect } from '../testing/collect.ts';
import { event, generated, jobId, token, wholeRun, wire } from '../testing/events.ts';
import { hangUp, json, problem, type Step, startScriptedServer, stream } from '../testing/scripted-server.ts';

const wires = wholeRun.map((each) => wire(each));
const headers = { location: `/api/jobs/${jobId}`, 'x-job-id': jobId };
const whole = stream(wires, { headers });
const request = { prompt: 'Hello' };
const restart = (id: `${number}-${number}`) => event(id, 'restart', { stepId: 'generate', reason: 'attempt-failed' });
const completed = (id: `${number}-${number}`) => event(id, 'run-completed', { degraded: false, result: generated });
const quick = { retryDelayMs: 1 };

describe('stream', () => {
  it('gives text and result, and sends nothing before it is read', async () => {
    await using server = await startScriptedServer(whole);
    const answer = createClient({ baseUrl: server.url }).stream(request);
    expect(server.received).toHaveLength(0);
    expect(await collect(answer.text())).toEqual(['Hello, wör', 'ld 👋']);
    expect(await answer.result()).toEqual(generated);
    expect(await answer.jobId).toBe(jobId);
    expect(server.received).toHaveLength(1);
    expect(server.received[0]).toMatchObject({ method: 'POST', url: '/api/ai/stream', body: request });
  });

  it('loses nothing when the id is asked for first', async () => {
    await using server = await startScriptedServer(whole);
    const answer = createClient({ baseUrl: server.url }).stream(request);
    expect(await answer.jobId).toBe(jobId);
    expect(await collect(answer)).toEqual(wholeRun);
  });

  it('serves several readers at once', async () => {
    await using server = await startScriptedServer(whole);
    const answer = createClient({ baseUrl: server.url }).stream(request);
    const [text, events, result, id] = await Promise.all([
      collect(answer.text()),
      collect(answer),
      answer.result(),
      answer.jobId,
    ]);
    expect(text.join('')).toBe(generated.content);
    expect(events).toEqual(wholeRun);
    expect([result, id]).toEqual([generated, jobId]);
    expect(server.received).toHaveLength(1);
  });

  it('submits again with the same key when no answer came, and goes on at the run when it had one', async () => {
    await using server = await startScriptedServer(
      hangUp,
      stream(wires.slice(0, 4), { headers, end: 'break' }),
      stream(wires.slice(4)),
    );
    const answer = createClient({ baseUrl: server.url, ...quick }).stream(request, { idempotencyKey: 'k-1' });
    expect(await collect(answer)).toEqual(wholeRun);
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/ai/stream',
      'POST /api/ai/stream',
      `GET /api/jobs/${jobId}/events`,
    ]);
    expect(server.received.map((each) => each.headers['idempotency-key'])).toEqual(['k-1', 'k-1', undefined]);
    expect(server.received[2]?.headers['last-event-id']).toBe('1-4');
  });

  it('follows the run of somebody else who came first with its key', async () => {
    const inUse = problem(409, 'idempotency-key-in-use', { retryable: true, jobId });
    await using server = await startScriptedServer(inUse, stream(wires));
    const answer = createClient({ baseUrl: server.url }).stream(request, { idempotencyKey: 'k-1' });
    expect(await answer.result()).toEqual(generated);
    expect(server.received[1]?.url).toBe(`/api/jobs/${jobId}/events`);
  });

  it('closes the connection when its only reader leaves, and goes on behind that when it is read again', async () => {
    const closed = Promise.withResolvers<void>();
    const opens: Step = async (response, received) => {
      void once(response, 'close').then(() => closed.resolve());
      await stream(wires.slice(0, 5), { headers, end: 'open' })(response, received);
    };
    await using server = await startScriptedServer(opens, stream(wires.slice(3)));
    const answer = createClient({ baseUrl: server.url }).stream(request);
    for await (const each of answer) if (each.seq === 3) break;
    await closed.promise;
    expect(answer.lastEventId).toBe('1-3');
    expect(await collect(answer)).toEqual(wholeRun.slice(3));
    expect(server.received[1]?.headers['last-event-id']).toBe('1-3');
  });

  it('rejects what the server refuses, for every reader', async () => {
    await using server = await startScriptedServer(problem(422, 'validation-failed'));
    const answer = createClient({ baseUrl: server.url }).stream(request);
    await expect(answer.jobId).rejects.toMatchObject({ status: 422 });
    await expect(answer.result()).rejects.toMatchObject({ status: 422 });
    await expect(collect(answer.text())).rejects.toMatchObject({ status: 422 });
  });

  it('rejects with the error of the run', async () => {
    const error = { name: 'Provider.Timeout' as const, message: 'too slow', retryable: true };
    const failed = wire(event('1-2', 'run-failed', { degraded: false, error }));
    await using server = await startScriptedServer(stream([wires[0] ?? '', failed], { headers }));
    const answer = createClient({ baseUrl: server.url }).stream(request);
    const expected = { code: 'run-failed', message: 'too slow', retryable: true, jobId, runError: error };
    await expect(collect(answer.text())).rejects.toMatchObject(expected);
    await expect(answer.result()).rejects.toMatchObject(expected);
  });

  it('finds the result of a run whose last event was read by somebody else', async () => {
    const ended: Step = (response) => void response.writeHead(204).end();
    const job = { jobId, kind: 'generate', status: 'completed', finishedAt: '2026-11-23T19:05:35.556Z', result: generated };
    await using server = await startScriptedServer(ended, json(200, job));
    expect(await createClient({ baseUrl: server.url }).runs.stream(jobId, { lastEventId: '1-6' }).result()).toEqual(generated);
  });

  it('ends at its time limit, when it has one', async () => {
    await using server = await startScriptedServer(stream(wires.slice(0, 2), { headers, end: 'open' }));
    const answer = createClient({ baseUrl: server.url }).stream(request, { timeoutMs: 100 });
    await expect(answer.result()).rejects.toMatchObject({ code: 'timeout', jobId });
  });
});

describe('a failed workflow', () => {
  it('is an answer', async () => {
    const result = {
      success: false,
      runId: jobId,
      status: 'failed',
      degraded: false,
      steps: [],
      totalCostUSD: 0,
      totalLatencyMs: 1,
    };
    const failed = wire(event('1-2', 'run-failed', { degraded: false, result }));
    await using server = await startScriptedServer(stream([wires[0] ?? '', failed]));
    expect(await createClient({ baseUrl: server.url }).runs.stream(jobId).result()).toEqual(result);
  });
});

describe('text', () => {
  const restarted = [
    ...wholeRun.slice(0, 4),
    restart('1-5'),
    token('1-6', 'Hello, '),
    token('1-7', 'wörld 👋'),
    completed('1-8'),
  ];

  it('tells its reader when it begins again', async () => {
    await using server = await startScriptedServer(
      stream(
        restarted.map((each) => wire(each)),
        { headers },
      ),
    );
    const answer = createClient({ baseUrl: server.url }).stream(request);
    let text = '';
    const onRestart = vi.fn(() => {
      text = '';
    });
    for await (const piece of answer.text({ onRestart })) text += piece;
    expect(text).toBe(generated.content);
    expect(onRestart.mock.calls).toEqual([[restart('1-5')]]);
  });

  it('throws when it begins again and its reader does not listen; the result is there all the same', async () => {
    await using server = await startScriptedServer(
      stream(
        restarted.map((each) => wire(each)),
        { headers },
      ),
    );
    const answer = createClient({ baseUrl: server.url }).stream(request);
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const piece of answer.text()) pieces.push(piece);
    })();
    const result = answer.result();
    await expect(reading).rejects.toMatchObject({ code: 'stream-restarted', jobId });
    expect(pieces).toEqual(['Hello, wör']);
    expect(await result).toEqual(generated);
  });

  it('is not disturbed by a restart before its first piece', async () => {
    const events = [...wholeRun.slice(0, 3), restart('1-4'), token('1-5', generated.content), completed('1-6')];
    await using server = await startScriptedServer(
      stream(
        events.map((each) => wire(each)),
        { headers },
      ),
    );
    expect(await collect(createClient({ baseUrl: server.url }).stream(request).text())).toEqual([generated.content]);
  });

  it('comes in one piece when the answer did', async () => {
    const events = [...wholeRun.slice(0, 3), completed('1-4')];
    await using server = await startScriptedServer(
      stream(
        events.map((each) => wire(each)),
        { headers },
      ),
    );
    expect(await collect(createClient({ baseUrl: server.url }).stream(request).text())).toEqual([generated.content]);
  });

  it('is that of one step, where it is asked for', async () => {
    const events = [
      event('1-1', 'token', { stepId: 'a', attempt: 1, text: 'A' }),
      event('1-2', 'restart', { stepId: 'a', reason: 'worker-lost' }),
      event('1-3', 'token', { stepId: 'b', attempt: 1, text: 'B' }),
      event('1-4', 'token', { stepId: 'b', attempt: 1, reasoning: 'hm' }),
      completed('1-5'),
    ];
    await using server = await startScriptedServer(stream(events.map((each) => wire(each))));
    const run = createClient({ baseUrl: server.url }).runs.stream(jobId);
    expect(await collect(run.text({ stepId: 'b' }))).toEqual(['B']);
  });
});
