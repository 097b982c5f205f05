import type { Command } from 'commander';
import { Argument } from 'commander';
import { bashCompletion } from '../completion/bash.ts';
import { type CompletedCommand, readCommandTree } from '../completion/command-tree.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import type { Session } from '../session/session.ts';
import { type AddCommands, examples } from './command.ts';

const scripts: Readonly<Record<string, (program: CompletedCommand) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The script that makes a shell complete the commands of a program. */
export function completionScript(program: Command, shell: string): string {
  return scripts[shell]?.(readCommandTree(program)) ?? '';
}

export const addCompletion: AddCommands = (program, runWith) => {
  program
    .command('completion')
    .summary('let your shell complete commands')
    .description('Prints a script that makes your shell complete commands and options.')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      examples(
        'source <(orchestrator completion bash)',
        'source <(orchestrator completion zsh)',
        'orchestrator completion fish | source',
      ),
    )
    .action(runWith(async ({ terminal }: Session, shell: string) => terminal.write(completionScript(program, shell))));
};
