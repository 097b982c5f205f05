import { allCommands, type CompletedCommand } from './command-tree.ts';

const wordsOf = ({ subcommands, choices, options }: CompletedCommand) =>
  [...subcommands.map(({ name }) => name), ...choices, ...options.flatMap(({ flags }) => flags)].join(' ');

/** A script for `source`, or for bash-completion's folder. */
export function bashCompletion(program: CompletedCommand): string {
  const commands = allCommands(program);
  const steps = commands.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  const values = commands.flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ flags, choices }) => `${flags.map((flag) => `'${path} ${flag}'`).join('|')}) words='${choices.join(' ')}' ;;`),
  );
  const files = commands.flatMap(({ path, options }) => {
    const flags = options
      .filter(({ takesValue, choices }) => takesValue && choices.length === 0)
      .flatMap((option) => option.flags);
    return flags.map((flag) => `'${path} ${flag}'`);
  });
  return `# bash completion of orchestrator: source <(orchestrator completion bash)
_orchestrator() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "\${path:+$path }\${COMP_WORDS[index]}" in
      ${steps.join('|')}) path="\${path:+$path }\${COMP_WORDS[index]}" ;;
    esac
  done
  COMPREPLY=()
  case "$path $previous" in
    ${values.join('\n    ')}
    ${files.join('|')}) return ;;
    *)
      case "$path" in
${commands.map((command) => `        '${command.path}') words='${wordsOf(command)}' ;;`).join('\n')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _orchestrator orchestrator
`;
}
