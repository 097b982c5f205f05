import { allCommands, type CompletedCommand, type CompletedOption } from './command-tree.ts';

/** In single quotes, with the colons of `_describe` escaped. */
function entry(word: string, description = ''): string {
  const escaped = [word, description].map((text) => text.replaceAll("'", "'\\''").replaceAll(':', '\\:').replaceAll('\n', ' '));
  return `'${escaped.filter((text) => text !== '').join(':')}'`;
}

const optionEntries = ({ flags, description }: CompletedOption) => flags.map((flag) => entry(flag, description));

/** A script for `source`, or for a folder of `fpath` under the name `_orchestrator`. */
export function zshCompletion(program: CompletedCommand): string {
  const commands = allCommands(program);
  const steps = commands.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  const values = commands.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ flags, choices }) =>
        flags.map((flag) => `'${path} ${flag}') ${choices.length > 0 ? `compadd -- ${choices.join(' ')}` : '_files'}; return ;;`),
      ),
  );
  const cases = commands.map(({ path, subcommands, choices, options }) => {
    const names = [
      ...subcommands.map(({ name, description }) => entry(name, description)),
      ...choices.map((each) => entry(each)),
    ];
    return `    '${path}')
      commands=(${names.join(' ')})
      options=(${options.flatMap(optionEntries).join(' ')}) ;;`;
  });
  return `#compdef orchestrator
# zsh completion of orchestrator: source <(orchestrator completion zsh)
_orchestrator() {
  local path_so_far='' index
  local -a commands options
  for ((index = 2; index < CURRENT; index++)); do
    case "\${path_so_far:+$path_so_far }\${words[index]}" in
      ${steps.join('|')}) path_so_far="\${path_so_far:+$path_so_far }\${words[index]}" ;;
    esac
  done
  case "$path_so_far \${words[CURRENT-1]}" in
    ${values.join('\n    ')}
  esac
  case "$path_so_far" in
${cases.join('\n')}
  esac
  (( \${#commands} )) && _describe -t commands command commands
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe -t options option options
  elif (( ! \${#commands} )); then
    _files
  fi
}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  _orchestrator "$@"
else
  compdef _orchestrator orchestrator
fi
`;
}
