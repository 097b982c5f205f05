import { allCommands, type CompletedCommand, type CompletedOption } from './command-tree.ts';

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`;

/** The condition that the words so far name exactly this command. */
function isAt({ path }: CompletedCommand): string {
  return quoted(`test (__orchestrator_path) = "${path}"`);
}

function optionLine(command: CompletedCommand, { flags, description, takesValue, choices }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
  const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
  return `complete -c orchestrator -n ${isAt(command)} ${names} -d ${quoted(description)}${value}`;
}

function commandLines(command: CompletedCommand): string[] {
  return [
    ...command.subcommands.map(
      ({ name, description }) => `complete -c orchestrator -n ${isAt(command)} -a ${name} -d ${quoted(description)}`,
    ),
    ...(command.choices.length === 0
      ? []
      : [`complete -c orchestrator -n ${isAt(command)} -a ${quoted(command.choices.join(' '))}`]),
    ...(command.takesFile ? [`complete -c orchestrator -n ${isAt(command)} -F`] : []),
    ...command.options.map((option) => optionLine(command, option)),
  ];
}

/** A script for `source`, or for `~/.config/fish/completions/orchestrator.fish`. */
export function fishCompletion(program: CompletedCommand): string {
  const commands = allCommands(program);
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return `# fish completion of orchestrator: orchestrator completion fish | source
function __orchestrator_path
    set -l path ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim "$path $word")
        contains -- $next ${paths.join(' ')}; and set path $next
    end
    echo $path
end
complete -c orchestrator -f
${commands.flatMap(commandLines).join('\n')}
`;
}
