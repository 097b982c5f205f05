import { Argument, Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../program.ts';
import { bashCompletion } from './bash.ts';
import { allCommands, readCommandTree } from './command-tree.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

const program = () => {
  const command = new Command('tool').option('--json', 'as JSON').helpCommand(false);
  const list = command.command('things').summary('all things').command('list').description("a thing's list");
  list.addOption(new Option('-k, --kind <kind>', 'which').choices(['big', 'small'])).option('--from <time>', 'since when');
  command.command('shell').addArgument(new Argument('<shell>').choices(['bash', 'zsh']));
  command.command('push').argument('<files...>', 'JSON files');
  return readCommandTree(command);
};

describe('readCommandTree', () => {
  it('knows commands, options, values and files', () => {
    const commands = new Map(allCommands(program()).map((command) => [command.path, command]));
    expect([...commands.keys()]).toEqual(['', 'things', 'things list', 'shell', 'push']);
    expect(commands.get('things list')?.options.map(({ flags, choices, takesValue }) => [flags, choices, takesValue])).toEqual([
      [['--kind', '-k'], ['big', 'small'], true],
      [['--from'], [], true],
      [['--json'], [], false],
      [['--help', '-h'], [], false],
    ]);
    expect(commands.get('shell')?.choices).toEqual(['bash', 'zsh']);
    expect([commands.get('push')?.takesFile, commands.get('shell')?.takesFile]).toEqual([true, false]);
  });

  it('covers the whole program', () => {
    const paths = allCommands(readCommandTree(createProgram(() => async () => {}, '1.0.0'))).map(({ path }) => path);
    for (const path of [
      'run',
      'generate',
      'runs list',
      'logs',
      'approvals approve',
      'workflows push',
      'webhooks replay',
      'doctor',
    ]) {
      expect(paths).toContain(path);
    }
  });
});

it.each([
  ['zsh', zshCompletion, ["'things:all things'", "'list:a thing'\\''s list'", 'compadd -- big small', '#compdef orchestrator']],
  ['fish', fishCompletion, ["-a list -d 'a thing\\'s list'", "-l kind -s k -d 'which' -x -a 'big small'", '-l from', '-F']],
  ['bash', bashCompletion, ["'things list --kind'|'things list -k') words='big small' ;;", "'shell') words='bash zsh --json"]],
] as const)('the script for %s names what there is', (_, render, parts) => {
  const script = render(program());
  for (const part of parts) expect(script).toContain(part);
});
