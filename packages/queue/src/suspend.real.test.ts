import type { WakeJob } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { createConsumer } from './consumer.ts';
import { createPostgresDriver } from './postgres-driver.ts';
import { hasRun, wakeOf } from './testing/queue-fixture.ts';
import { createRecorder } from './testing/recorder.ts';
import { toBulkJob } from './wake-job.ts';

const ignore = (): void => undefined;

describe('a consumer on a machine whose clock is wrong', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
  });
  afterAll(() => database.drop());

  it('takes no jobs while suspended, and goes on afterwards', async () => {
    const errors: unknown[] = [];
    const { driver, readDatabaseMs } = await createPostgresDriver({
      url: `${database.url}?options=-c%20statement_timeout%3D20s`,
      prefix: 'suspend',
      connectTimeoutMs: 5_000,
      commandTimeoutMs: 1_000,
      report: (error) => errors.push(error),
      onRelayReceived: ignore,
    });
    expect(Math.abs((await readDatabaseMs()) - Date.now())).toBeLessThan(1_000);
    const consume = (isSuspended: boolean) => {
      const jobs = createRecorder<WakeJob>();
      const consumer = createConsumer({
        kind: 'generate',
        concurrency: 4,
        handler: async (job) => jobs.record(job),
        driver,
        log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
        report: (error) => errors.push(error),
        isSuspended,
        onHandled: ignore,
        onFailed: ignore,
        onClosed: ignore,
      });
      return { jobs, consumer };
    };
    const add = async () => {
      const job = toBulkJob(wakeOf());
      await driver.producers.generate.add(job.name, job.data, job.opts);
      return job.data.runId;
    };

    const suspended = consume(true);
    await suspended.consumer.ready();
    const healthy = consume(false);
    const first = await add();
    await healthy.jobs.until(hasRun(first));
    await healthy.consumer.close();
    const second = await add();
    expect(suspended.jobs.items).toEqual([]);
    suspended.consumer.suspend(false);
    await suspended.jobs.until(hasRun(second));
    expect(suspended.jobs.items).toHaveLength(1);
    expect(await suspended.consumer.close()).toBe(true);
    await driver.relay.close();
    await driver.close();
    expect(errors).toEqual([]);
  });
});
