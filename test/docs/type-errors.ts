import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './markdown.ts';

const run = promisify(execFile);

/** The compiler's complaints about a file, with the repository's own settings. */
export async function typeErrors(file: string): Promise<string> {
  const project = `${file.slice(0, -'.ts'.length)}.json`;
  const settings = {
    extends: join(repositoryRoot, 'tsconfig.test.json'),
    compilerOptions: { incremental: false, tsBuildInfoFile: null, typeRoots: [join(repositoryRoot, 'node_modules/@types')] },
    include: [file],
  };
  writeFileSync(project, JSON.stringify(settings));
  const compiler = join(repositoryRoot, 'node_modules/typescript/bin/tsc');
  return await run(process.execPath, [compiler, '-p', project]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}
