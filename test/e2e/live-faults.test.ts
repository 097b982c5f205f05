import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type EventReader, idsOf, isToken, type ReadEvent, readEvents, textOf } from './support/events.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';

failOnLeakedProcesses();

const drip = { type: 'slow-drip', chunkBytes: 120, intervalMs: 40 } as const;
const content = 'A long answer that comes in many small pieces. '.repeat(12);

describe.each(backends())('live events through faults with the queue on %s', (backend) => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation({
      backend,
      apis: 2,
      workers: 2,
      keysOf: 'all',
      script: { rules: [{ promptIncludes: '[[drip', fault: drip, content }] },
    });
  });
  afterAll(() => installation?.dispose());

  const urlOf = (api: number) => installation.apis[api]?.url ?? '';
  const stream = (marker: string) =>
    readEvents(`${urlOf(0)}/api/ai/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: `[[${marker}]] Say it.`, maxTokens: 500, provider: 'openai', model: 'gpt-4o-mini' }),
    });
  const eventsOf = (jobId: string, api: number, after?: readonly ReadEvent[]): Promise<EventReader> =>
    readEvents(`${urlOf(api)}/api/jobs/${jobId}/events`, {
      headers: after === undefined ? {} : { 'last-event-id': after.at(-1)?.id ?? '' },
    });
  const expectWhole = (events: readonly ReadEvent[]) => {
    expect(events.map(({ event }) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(textOf(events, 'generate')).toBe(content);
    expect(events.at(-1)?.event).toMatchObject({ type: 'run-completed', result: { content } });
  };

  it('go on at another API, or at the same one again, when one is killed', async () => {
    await using first = await stream('drip-kill');
    const jobId = first.headers.get('x-job-id') ?? '';
    await using second = await eventsOf(jobId, 0);
    await Promise.all([first.until(isToken), second.until(isToken)]);
    await installation.apiProcesses[0]?.kill('SIGKILL');
    const [seenByFirst, seenBySecond] = await Promise.all([first.toBreak(), second.toBreak()]);
    await using elsewhere = await eventsOf(jobId, 1, seenByFirst);
    await elsewhere.until(isToken);
    await installation.restartApi(0);
    await using again = await eventsOf(jobId, 0, seenBySecond);
    expectWhole([...seenByFirst, ...(await elsewhere.toEnd())]);
    expectWhole([...seenBySecond, ...(await again.toEnd())]);
  });

  it('end without a last event when an API stops in order, which does not wait for its readers', async () => {
    await using reader = await stream('drip-stop');
    const jobId = reader.headers.get('x-job-id') ?? '';
    await reader.until(isToken);
    const stopped = installation.apiProcesses[0]?.kill('SIGTERM', 4_000);
    const seen = await reader.toEnd();
    await using elsewhere = await eventsOf(jobId, 1, seen);
    expectWhole([...seen, ...(await elsewhere.toEnd())]);
    expect(await stopped).toEqual({ exitCode: 0, signal: null });
    await installation.restartApi(0);
  });

  describe.runIf(backend === 'redis')('and Redis', () => {
    it.each<[string, () => Promise<void>]>([
      ['forgets everything', () => installation.redis.flushAll()],
      ['restarts', () => installation.redis.restart()],
    ])('%s', async (what, breakIt) => {
      await using reader = await stream(`drip-${what.length}`);
      const jobId = reader.headers.get('x-job-id') ?? '';
      await using other = await eventsOf(jobId, 1);
      await Promise.all([reader.until(isToken), other.until(isToken)]);
      await breakIt();
      const [events, others] = await Promise.all([reader.toEnd(), other.toEnd()]);
      expectWhole(events);
      expect(idsOf(others)).toEqual(idsOf(events));
    });
  });
});
