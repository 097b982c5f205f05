import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@orchestrator/embedded';
import type { TestProject } from 'vitest/node';
import { findChromium } from './browser.ts';
import { missingRequirements } from './not-run.ts';
import { dropTemplateDatabase } from './postgres.ts';
import './provided.ts';
import { ensureRedisServer } from './redis.ts';
import { makeScratchFolder, scratchVariable } from './scratch-folder.ts';
import { problemLog, unsafeFastSettings } from './test-postgres-options.ts';

/** One Postgres for the whole run, or the one named by TEST_POSTGRES_URL; and a look whether Redis can be had. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runId = randomBytes(4).toString('hex');
  project.provide('runId', runId);

  const redis = await ensureRedisServer();
  project.provide('isRedisAvailable', redis.isAvailable);
  if (!redis.isAvailable) missingRequirements().set('Redis', redis.reason);

  const chromiumPath = findChromium();
  project.provide('chromiumPath', chromiumPath);
  if (chromiumPath === null) missingRequirements().set('Chromium', 'none is installed in the usual places');

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
