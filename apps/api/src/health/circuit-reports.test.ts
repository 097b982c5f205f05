import { expect, it } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import { fakeProvider, fakeRouter } from '../testing/providers.ts';
import { startApi } from '../testing/start-api.ts';
import { createCircuitReports } from './circuit-reports.ts';

const report = (workerId: string, state: 'open' | 'half-open') => ({
  type: 'circuits' as const,
  workerId,
  circuits: { acme: { 'acme-model': state } },
});

it('takes the worst of several workers, and forgets who reports no more', async () => {
  const clock = createManualClock();
  const reports = createCircuitReports(clock);
  reports.add(report('w1', 'open'));
  await clock.advance(10_000);
  reports.add(report('w2', 'half-open'));
  expect(reports.read()).toEqual({ acme: { 'acme-model': 'open' } });
  await clock.advance(6_000);
  expect(reports.read()).toEqual({ acme: { 'acme-model': 'half-open' } });
  reports.add({ type: 'circuits', workerId: 'w2', circuits: {} });
  expect(reports.read()).toEqual({});
});

it('shows circuits of workers beside the live checks', async () => {
  await using test = await startApi({ router: fakeRouter([fakeProvider('acme')], ['acme']) });
  expect((await test.get('/api/ai/health')).body).toMatchObject({ overall: 'healthy' });
  test.queue.deliver('circuits', report('w1', 'open'));
  const answer = await test.get('/api/ai/health');
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    overall: 'degraded',
    providers: { acme: { status: 'healthy', circuits: { 'acme-model': 'open' } } },
  });
  await test.clock.advance(16_000);
  expect((await test.get('/api/ai/health')).body).toMatchObject({ overall: 'healthy' });
});
