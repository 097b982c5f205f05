import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { repositoryRoot } from './support/cli.ts';

const run = promisify(execFile);
const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'apps/cli/package.json'), 'utf8')) as { version: string };

// `npm test` has built it.
it.each([
  ['as npx finds it', join(repositoryRoot, 'node_modules/.bin/orchestrator')],
  ['by its file', join(repositoryRoot, 'apps/cli/bin/orchestrator.mjs')],
])('the built program starts from any folder (%s), and says nothing but what it was asked for', async (_, program) => {
  const { stdout, stderr } = await run(program, ['--version'], { cwd: '/' });
  expect({ stdout, stderr }).toEqual({ stdout: `${version}\n`, stderr: '' });
});

it('passes its exit code on', async () => {
  const failed = run(join(repositoryRoot, 'apps/cli/bin/orchestrator.mjs'), ['rns']);
  await expect(failed).rejects.toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Did you mean runs?') });
});
