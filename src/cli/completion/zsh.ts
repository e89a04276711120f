// Completion for zsh: `_arguments` for each command. Pure.
import { LIST_CONTAINERS, LIST_IMAGES } from './list-names.js';
import { firstWordsOf, secondWordsOf, type CompletedCommand, type CompletedOption } from './words.js';

/** The script: a file `_tsbuild` in a folder of `fpath`, or to be read by `source` after `compinit`. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `${[
    '#compdef tsbuild',
    '_tsbuild_images() {',
    '  local -a names',
    `  names=(\${(f)"$(${LIST_IMAGES})"})`,
    '  compadd -- $names',
    '}',
    '_tsbuild_containers() {',
    '  local -a names',
    `  names=(\${(f)"$(${LIST_CONTAINERS})"})`,
    '  compadd -- $names',
    '}',
    '_tsbuild() {',
    '  local -a commands',
    `  commands=(${described(firstWordsOf(commands))})`,
    '  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then',
    '    _describe -t commands command commands && return',
    '    _files; return',
    '  fi',
    '  if ((CURRENT == 3)); then',
    '    case $words[2] in',
    ...[...secondWordsOf(commands)].map(
      ([first, seconds]) =>
        `      ${first}) commands=(${described(seconds)}); _describe -t commands command commands; return ;;`,
    ),
    '    esac',
    '  fi',
    '  local command=build',
    '  case "$words[2] $words[3]" in',
    ...commands
      .toSorted((a, b) => b.name.length - a.name.length)
      .map(
        ({ name }) => `    ${quoted(name)}${name.includes(' ') ? '' : "' '*"}) command=${quoted(name)} ;;`,
      ),
    '  esac',
    '  case $command in',
    ...commands.map(argumentsOf),
    '  esac',
    '}',
    'if [[ $funcstack[1] == _tsbuild ]]; then _tsbuild "$@"; else compdef _tsbuild tsbuild; fi',
  ].join('\n')}\n`;
}

function described(words: Iterable<readonly [word: string, summary: string]>): string {
  return [...words].map(([word, summary]) => quoted(`${word}:${summary.replaceAll(':', '\\:')}`)).join(' ');
}

const OPERANDS: Readonly<Record<CompletedCommand['operands'], string>> = {
  images: '*:image:_tsbuild_images',
  containers: '*:container:_tsbuild_containers',
  files: '*:file:_files',
};

function argumentsOf({ name, options, operands }: CompletedCommand): string {
  const words = [...options.flatMap(optionWords), quoted(OPERANDS[operands])];
  return `    ${quoted(name)}) _arguments ${words.join(' ')} ;;`;
}

function optionWords({ words, description, values }: CompletedOption): readonly string[] {
  const text = `[${description.replaceAll(/[[\]:\\]/g, '\\$&')}]`;
  if (values === undefined) return words.map((word) => quoted(`*${word}${text}`));
  const action = values.length === 0 ? '_files' : `(${values.join(' ')})`;
  return words.map((word) => quoted(`*${word}${word.startsWith('--') ? '=' : '+'}${text}:value:${action}`));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
