import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@orchestrator/config';
import { UsageError } from '../input/usage-error.ts';
import { type ExitCode, exitCodes } from '../session/exit-code.ts';
import { type AddCommands, examples } from './command.ts';

/** Runs an npm script of the checkout that this program belongs to. @throws UsageError where it belongs to none */
async function runScript(name: string, scriptArguments: readonly string[]): Promise<ExitCode> {
  const bootstrap = join(repositoryRoot, 'scripts/bootstrap.mjs');
  const program = join(repositoryRoot, `test/${name}/main.ts`);
  if (!existsSync(bootstrap) || !existsSync(program)) {
    throw new UsageError(
      `orchestrator ${name} needs a checkout of the repository with its tests, as it starts processes from source: clone it and run it there.`,
    );
  }
  const child: ChildProcess = spawn(process.execPath, [bootstrap, name, ...scriptArguments], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself; it cleans up, and we end when it has.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  process.off('SIGINT', ignore);
  return exitCode === 0 ? exitCodes.ok : exitCodes.failed;
}

export const addRepositoryScripts: AddCommands = (program, runWith) => {
  const scripts = [
    ['bench', 'measure throughput and latency', 'Measures on this machine; needs a checkout.', 'orchestrator bench durable'],
    [
      'chaos',
      'kill, freeze and restart processes under load',
      'Tries the promise on this machine; needs a checkout.',
      'orchestrator chaos',
    ],
  ] as const;
  for (const [name, summary, description, example] of scripts) {
    program
      .command(name)
      .summary(summary)
      .description(`${description} Arguments go to \`npm run ${name}\`.`)
      .argument('[arguments...]', 'passed on')
      .allowUnknownOption()
      .addHelpText('after', examples(example))
      .action(
        runWith(async (session, scriptArguments: readonly string[]) => {
          session.exitCode = await runScript(name, scriptArguments);
        }),
      );
  }
};
