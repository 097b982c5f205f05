import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { median } from './statistics.ts';

const writes = 100;
const pageBytes = 8_192;

/**
 * How long this disk takes to make one page of a growing file durable, in milliseconds (median of 100). Every commit waits for that,
 * a queue that syncs once a second does not: a ratio between the two means nothing without it.
 */
export async function measureDiskSyncMs(): Promise<number> {
  const folder = await makeScratchFolder('disk');
  const file = await open(join(folder, 'page'), 'w');
  const page = Buffer.alloc(pageBytes, 1);
  const durationsMs: number[] = [];
  try {
    for (let index = 0; index < writes; index += 1) {
      const startedMs = performance.now();
      await file.write(page);
      await file.datasync();
      durationsMs.push(performance.now() - startedMs);
    }
  } finally {
    await file.close();
    await rm(folder, { recursive: true, force: true });
  }
  return Number(median(durationsMs).toFixed(2));
}
