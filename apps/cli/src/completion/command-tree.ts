import type { Command } from 'commander';

export interface CompletedOption {
  /** `--follow`, `-f`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** What the value can be, where that is a closed list. */
  readonly choices: readonly string[];
}

/** What can be typed behind a command. */
export interface CompletedCommand {
  /** Names from the program on, without its own: `runs list`; empty for the program. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  readonly subcommands: readonly CompletedCommand[];
  /** Values of its argument, where they are a closed list. */
  readonly choices: readonly string[];
  /** Whether its argument is the path of a file. */
  readonly takesFile: boolean;
}

function optionsOf(command: Command): CompletedOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ short, long, description, required, optional, argChoices = [] }) => ({
      flags: [long, short].filter((flag) => flag !== undefined && flag !== null),
      description,
      takesValue: required || optional,
      choices: argChoices,
    }));
}

/** All commands below one, as its help tells them. The options of the program are options of each. */
export function readCommandTree(
  command: Command,
  path: readonly string[] = [],
  inherited = optionsOf(command),
): CompletedCommand {
  const own =
    path.length === 0 ? [] : optionsOf(command).filter(({ flags }) => !inherited.some((each) => each.flags[0] === flags[0]));
  return {
    path: path.join(' '),
    name: command.name(),
    description: command.summary() || command.description(),
    options: [...own, ...inherited],
    subcommands: command
      .createHelp()
      .visibleCommands(command)
      .filter((each) => each.name() !== 'help')
      .map((each) => readCommandTree(each, [...path, each.name()], inherited)),
    choices: command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
    takesFile: command.registeredArguments.some(({ description }) => /\bfiles?\b/.test(description)),
  };
}

/** The command and all below it. */
export function allCommands(command: CompletedCommand): CompletedCommand[] {
  return [command, ...command.subcommands.flatMap(allCommands)];
}
