import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Set by global-setup.ts for the processes of a run, so that everything below it can be removed at the end. */
export const scratchVariable = 'ORCHESTRATOR_TEST_SCRATCH';

/** A new folder that other system users can enter: run by root, Postgres runs as another user. */
export async function makeScratchFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(process.env[scratchVariable] ?? tmpdir(), `${name}-`));
  await chmod(folder, 0o755);
  return folder;
}
