import type { Wake } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import type { BulkJob } from './wake-job.ts';
import { createWakeSender, type JobSink } from './wake-sender.ts';

const wakeOf = (wakeNo: number, priority: Wake['priority'] = 'normal'): Wake => ({
  runId: '0190a0b0-0000-7000-8000-000000000000',
  kind: 'generate',
  epoch: 0,
  wakeNo,
  priority,
});

function setUp(timeoutMs = 1_000) {
  const flights: { ids: (string | undefined)[]; resolve: () => void; reject: (error: Error) => void }[] = [];
  const fly = (jobs: readonly Pick<BulkJob, 'opts'>[]): Promise<void> =>
    new Promise((resolve, reject) => {
      flights.push({ ids: jobs.map((job) => job.opts.jobId?.split('.')[2]), resolve, reject });
    });
  const sink: JobSink = { add: (_name, _data, opts) => fly([{ opts }]), addBulk: (jobs) => fly(jobs) };
  let added = 0;
  const sender = createWakeSender({
    sink,
    timeoutMs,
    onAdded: (count) => {
      added += count;
    },
  });
  return { flights, sender, added: () => added };
}

it('sends at once when idle and puts what comes meanwhile together', async () => {
  const { flights, sender, added } = setUp();
  const first = sender.send([wakeOf(1)]);
  const second = sender.send([wakeOf(2), wakeOf(3)]);
  const third = sender.send([wakeOf(4)]);
  expect(flights.map((flight) => flight.ids)).toEqual([['1']]);
  flights[0]?.resolve();
  await first;
  expect(flights[1]?.ids).toEqual(['2', '3', '4']);
  flights[1]?.resolve();
  await Promise.all([second, third]);
  await sender.drained();
  expect(added()).toBe(4);
});

it('starts a new flight for a call made the moment the last one ended', async () => {
  const { flights, sender } = setUp();
  const first = sender.send([wakeOf(1)]);
  const second = first.then(() => sender.send([wakeOf(2)]));
  flights[0]?.resolve();
  await first;
  await Promise.resolve();
  flights[1]?.resolve();
  await second;
  expect(flights).toHaveLength(2);
});

it('fails the calls behind a failed flight too, then goes on', async () => {
  const { flights, sender } = setUp();
  const sent = [sender.send([wakeOf(1)]), sender.send([wakeOf(2)])];
  flights[0]?.reject(new Error('down'));
  for (const result of await Promise.allSettled(sent)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'queue-unavailable', retryable: true } });
  }
  const next = sender.send([wakeOf(3)]);
  flights[1]?.resolve();
  await next;
});

it('gives up on a flight without an answer', async () => {
  const { sender } = setUp(10);
  await expect(sender.send([wakeOf(1)])).rejects.toMatchObject({ code: 'queue-unavailable' });
});

it('adds high ones in reverse, because each goes to the head, and caps a batch', async () => {
  const { flights, sender } = setUp();
  const first = sender.send([wakeOf(1), wakeOf(2, 'high'), wakeOf(3, 'low'), wakeOf(4, 'high')]);
  expect(flights[0]?.ids).toEqual(['4', '2', '1', '3']);
  const rest = Array.from({ length: 800 }, (_, index) => sender.send([wakeOf(index + 5)]));
  flights[0]?.resolve();
  await first;
  expect(flights[1]?.ids).toHaveLength(500);
  flights[1]?.resolve();
  await rest[499];
  expect(flights[2]?.ids).toHaveLength(300);
  flights[2]?.resolve();
  await Promise.all(rest);
});
