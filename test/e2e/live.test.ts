import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses, type NodeProcess } from '../support/processes.ts';
import { type EventReader, idsOf as ids, isEnd, isToken, type ReadEvent, readEvents, textOf, typesOf } from './support/events.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

const drip = { type: 'slow-drip', chunkBytes: 120, intervalMs: 15 } as const;

describe.each(backends())('live events with the queue on %s', (backend) => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation({
      backend,
      apis: 2,
      workers: 2,
      keysOf: 'all',
      script: {
        rules: [
          { promptIncludes: '[[cut', times: 1, fault: { type: 'cut', at: 'in-body' } },
          { promptIncludes: '[[hang', times: 1, fault: { type: 'hang', at: 'in-body' } },
          { promptIncludes: '[[drip', fault: drip, content: 'A long answer that comes in many small pieces. '.repeat(12) },
        ],
      },
    });
  });
  afterAll(() => installation?.dispose());

  const urls = () => installation.apis.map((api) => api.url);
  const eventsOf = (jobId: string, options: { api?: number; lastEventId?: string; query?: string } = {}): Promise<EventReader> =>
    readEvents(`${urls()[options.api ?? 0]}/api/jobs/${jobId}/events${options.query ?? ''}`, {
      headers: options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId },
    });
  const stream = (body: object, headers: object = {}) =>
    readEvents(`${installation.api.url}/api/ai/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const call = (marker: string, fields: object = {}) => ({
    prompt: `[[${marker}]] Say something.`,
    maxTokens: 200,
    provider: 'openai',
    model: 'gpt-4o-mini',
    ...fields,
  });

  it('POST /api/ai/stream tells everything, token by token, and the result last', async () => {
    await using reader = await stream(call('plain'));
    expect(reader.status).toBe(200);
    expect(reader.headers.get('content-type')).toBe('text/event-stream');
    expect(reader.headers.get('x-accel-buffering')).toBe('no');
    expect(reader.headers.get('cache-control')).toContain('no-transform');
    const events = await reader.toEnd();
    expect(typesOf(events)).toEqual(['run-accepted', 'run-started', 'step-started', 'token', 'step-completed', 'run-completed']);
    expect(events.map(({ event }) => event.seq)).toEqual(events.map((_, index) => index + 1));
    const jobId = reader.headers.get('x-job-id') ?? '';
    expect(reader.headers.get('location')).toBe(`/api/jobs/${jobId}`);
    const job = await installation.api.job(jobId);
    expect(events.at(-1)?.event).toMatchObject({ type: 'run-completed', result: job.result });
    expect(textOf(events, 'generate')).toBe(job.result?.content);
    expect(events.filter(({ event }) => isToken(event)).length).toBeGreaterThan(1);
  });

  it('replays the same events to those who come later, at any API', async () => {
    const jobId = await installation.api.submit(workflow([ask('one', 'late-1'), ask('two', 'late-2')]));
    await using live = await eventsOf(jobId);
    const seen = await live.toEnd();
    await using late = await eventsOf(jobId, { api: 1 });
    const replayed = await late.toEnd();
    expect(ids(replayed)).toEqual(ids(seen));
    const facts = (events: readonly ReadEvent[]) => events.map(({ event: { at: _, ...rest } }) => rest);
    expect(facts(replayed)).toEqual(facts(seen));
    const job = await installation.api.finished(jobId);
    for (const step of job.steps) expect(textOf(seen, step.id)).toBe(step.output);
    expect(seen.at(-1)?.event).toMatchObject({ type: 'run-completed', result: { runId: jobId, status: 'completed' } });
  });

  it('goes on after any event, without gaps and repetitions, while it happens', async () => {
    await using whole = await stream(call('drip-resume', { maxTokens: 500 }));
    const jobId = whole.headers.get('x-job-id') ?? '';
    const seen: ReadEvent[] = [];
    // Reads a few events, leaves, and goes on at the other API.
    for (let turn = 0; seen.length === 0 || !isEnd((seen.at(-1) as ReadEvent).event); turn += 1) {
      await using part = await eventsOf(jobId, { api: turn % 2, ...(seen.length > 0 && { lastEventId: seen.at(-1)?.id ?? '' }) });
      for await (const one of part) {
        seen.push(one);
        if (part.read.length >= 7) break;
      }
    }
    expect(ids(seen)).toEqual(ids(await whole.toEnd()));
    expect(textOf(seen, 'generate')).toBe((await installation.api.job(jobId)).result?.content);
  });

  it('tells 30 readers of one job the same', async () => {
    await using first = await stream(call('drip-many', { maxTokens: 500 }));
    const jobId = first.headers.get('x-job-id') ?? '';
    await first.until(isToken);
    const readers = await Promise.all(Array.from({ length: 30 }, (_, index) => eventsOf(jobId, { api: index % 2 })));
    const all = await Promise.all(readers.map((reader) => reader.toEnd()));
    const whole = await first.toEnd();
    for (const events of all)
      expect(events).toEqual(whole.map((one) => ({ ...one, event: { ...one.event, at: expect.any(String) } })));
  });

  it('takes back what a call told that broke off, and makes it again', async () => {
    await using reader = await stream(call('cut-1'));
    const events = await reader.toEnd();
    expect(typesOf(events)).toEqual([
      ...['run-accepted', 'run-started', 'step-started', 'token'],
      ...['step-attempt-failed', 'restart', 'step-retry-scheduled', 'token', 'step-completed', 'run-completed'],
    ]);
    const job = await installation.api.job(reader.headers.get('x-job-id') ?? '');
    expect(textOf(events, 'generate')).toBe(job.result?.content);
  });

  it('takes back what a lost worker told, and another worker tells it', async () => {
    await using reader = await stream(call('hang-1'));
    await reader.until(isToken);
    const jobId = reader.headers.get('x-job-id') ?? '';
    await (await holderOf(jobId)).kill('SIGKILL');
    const events = await reader.toEnd();
    const order = ['token', 'run-resumed', 'restart', 'token', 'step-completed', 'run-completed'];
    expect(typesOf(events).filter((type) => order.includes(type))).toEqual(order);
    expect(textOf(events, 'generate')).toBe((await installation.api.job(jobId)).result?.content);
    // Whoever was told what was never stored goes on at what came instead.
    const lastOfFirst = events.filter(({ event }) => event.epoch === 1).at(-1)?.id ?? '';
    await using resumed = await eventsOf(jobId, { api: 1, lastEventId: lastOfFirst });
    expect(ids(await resumed.toEnd())).toEqual(ids(events.filter(({ event }) => event.epoch > 1)));
  });

  /** The worker that has the lease of a run: its process id is part of the owner. */
  async function holderOf(jobId: string): Promise<NodeProcess> {
    const client = new pg.Client({ connectionString: installation.databaseUrl });
    await client.connect();
    const { rows } = await client.query<{ owner: string }>('select lease_owner as owner from ai_workflow_runs where id = $1', [
      jobId,
    ]);
    await client.end();
    const holder = installation.workers.find(({ pid }) => rows[0]?.owner.includes(`.${pid}.`));
    if (holder === undefined) throw new Error(`none of the workers has the run: ${JSON.stringify(rows)}`);
    return holder;
  }
});
