// Completion for bash: a function that looks at the words up to the cursor. Pure.
import { LIST_CONTAINERS, LIST_IMAGES } from './list-names.js';
import { firstWordsOf, secondWordsOf, type CompletedCommand } from './words.js';

/** The script, to be read by `source`. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const pairs = commands.filter(({ name }) => name.includes(' '));
  const firsts = [...firstWordsOf(commands).keys()];
  return `${[
    '# bash completion of tsbuild',
    '_tsbuild() {',
    '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=build',
    '  COMPREPLY=()',
    '  # bash takes = and : for words of their own',
    '  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi',
    '  if ((COMP_CWORD > 1)); then',
    '    case ${COMP_WORDS[1]} in',
    `      ${firsts.join('|')}) command=\${COMP_WORDS[1]} ;;`,
    '    esac',
    ...pairs.map(
      ({ name }) =>
        `    [[ $COMP_CWORD -gt 2 && "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" == '${name}' ]] && command='${name}'`,
    ),
    '  fi',
    '  case $command,$prev in',
    ...commands.flatMap(valueCases),
    '  esac',
    '  if [[ $cur == -* ]]; then',
    '    case $command in',
    ...commands.map(
      ({ name, options }) =>
        `      '${name}') COMPREPLY=($(compgen -W '${options.flatMap(({ words }) => words).join(' ')}' -- "$cur")) ;;`,
    ),
    '    esac',
    '    return',
    '  fi',
    `  if ((COMP_CWORD == 1)); then COMPREPLY=($(compgen -W '${firsts.join(' ')}' -- "$cur")); return; fi`,
    '  case $command in',
    ...[...secondWordsOf(commands)].map(
      ([first, seconds]) =>
        `    '${first}') COMPREPLY=($(compgen -W '${seconds.map(([word]) => word).join(' ')}' -- "$cur")) ;;`,
    ),
    `    ${namesOf(commands, 'images').join('|')})`,
    `      COMPREPLY=($(compgen -W "$(${LIST_IMAGES})" -- "$cur"))`,
    '      declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur" ;;',
    `    ${namesOf(commands, 'containers').join('|')})`,
    `      COMPREPLY=($(compgen -W "$(${LIST_CONTAINERS})" -- "$cur")) ;;`,
    '  esac',
    '}',
    'complete -o bashdefault -o default -F _tsbuild tsbuild',
  ].join('\n')}\n`;
}

function valueCases({ name, options }: CompletedCommand): string[] {
  return options.flatMap(({ words, values = [] }) =>
    values.length === 0
      ? []
      : [
          `    ${words.map((word) => `'${name},${word}'`).join('|')}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$cur")); return ;;`,
        ],
  );
}

function namesOf(
  commands: readonly CompletedCommand[],
  operands: CompletedCommand['operands'],
): readonly string[] {
  return commands.filter((command) => command.operands === operands).map(({ name }) => `'${name}'`);
}
