import { readFileSync } from 'node:fs';
import { readEnvironment } from '@orchestrator/config';
import { CommanderError } from 'commander';
import { createProgram } from './program.ts';
import { exitCodes } from './session/exit-code.ts';
import { createRunWith } from './session/run-with.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

// Who reads our output may stop reading: `… | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.ok);
  });
}

let exitCode: number = exitCodes.ok;
const runWith = createRunWith({
  environment: readEnvironment,
  stdout: process.stdout,
  stderr: process.stderr,
  onEnd: (code) => {
    exitCode = code;
  },
});

try {
  await createProgram(runWith, version).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version end well; all that commander complains of is wrong usage.
  exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}
// A connection that never answers must not keep the process, and what was written must be out.
process.stderr.write('', () => process.stdout.write('', () => process.exit(exitCode)));
