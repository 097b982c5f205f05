import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@orchestrator/embedded';
import type { TestProject } from 'vitest/node';
import { findChromium } from './browser.ts';
import { ensureProgram } from './ensure-program.ts';
import { missingRequirements } from './not-run.ts';
import { dropTemplateDatabase } from './postgres.ts';
import './provided.ts';
import { makeScratchFolder, scratchVariable } from './scratch-folder.ts';
import { problemLog, unsafeFastSettings } from './test-postgres-options.ts';

/** One Postgres for the whole run, or the one named by TEST_POSTGRES_URL; and a look whether Redis and Chromium can be had. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runId = randomBytes(4).toString('hex');
  project.provide('runId', runId);

  // One after the other: apt-get locks its database.
  const redis = await ensureProgram('redis-server');
  project.provide('isRedisAvailable', redis.isAvailable);
  if (!redis.isAvailable) missingRequirements().set('Redis', redis.reason);

  const installed = findChromium() === null ? await ensureProgram('chromium') : { isAvailable: true as const };
  const chromiumPath = findChromium();
  project.provide('chromiumPath', chromiumPath);
  if (chromiumPath === null) {
    const reason = installed.isAvailable ? 'none is installed in the usual places' : installed.reason;
    missingRequirements().set('Chromium', reason);
  }

  const scratch = await makeScratchFolder('orchestrator-test');
  process.env[scratchVariable] = scratch;
  const removeScratch = () => rm(scratch, { recursive: true, force: true });

  const external = process.env.TEST_POSTGRES_URL;
  if (external !== undefined && external !== '') {
    project.provide('postgresUrl', external);
    return async () => {
      await dropTemplateDatabase(external, runId);
      await removeScratch();
    };
  }

  const dataDir = join(scratch, 'shared');
  const postgres = await startEmbeddedPostgres({ dataDir, log: problemLog, extraSettings: unsafeFastSettings });
  project.provide('postgresUrl', postgres.url);
  return async () => {
    await postgres.stop();
    await removeScratch();
  };
}
