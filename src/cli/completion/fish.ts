// Completion for fish: a line for each command and each option. Pure.
import { LIST_CONTAINERS, LIST_IMAGES } from './list-names.js';
import { firstWordsOf, secondWordsOf, type CompletedCommand, type CompletedOption } from './words.js';

/** The script: `tsbuild.fish` in a folder of `fish_complete_path`, or to be read by `source`. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const firsts = firstWordsOf(commands);
  const lines = [
    '# fish completion of tsbuild',
    'function __tsbuild_uses',
    '  set -l words (commandline -opc)',
    '  test (count $words) -gt (count $argv); or return 1',
    '  set -l last (math 1 + (count $argv))',
    '  test "$words[2..$last]" = "$argv"',
    'end',
    'function __tsbuild_builds',
    '  set -l words (commandline -opc)',
    `  test (count $words) -eq 1; or not contains -- $words[2] ${[...firsts.keys()].join(' ')}; or test $words[2] = build`,
    'end',
    'function __tsbuild_is_first',
    '  test (count (commandline -opc)) -eq 1',
    'end',
    ...[...firsts].map(
      ([word, summary]) => `complete -c tsbuild -n __tsbuild_is_first -a ${word} -d ${quoted(summary)}`,
    ),
    ...[...secondWordsOf(commands)].flatMap(([first, seconds]) =>
      seconds.map(
        ([word, summary]) =>
          `complete -c tsbuild -n '__tsbuild_uses ${first}' -f -a ${word} -d ${quoted(summary)}`,
      ),
    ),
    ...commands.flatMap((command) => [
      ...command.options.map((option) => optionLine(command, option)),
      ...operandLines(command),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function operandLines(command: CompletedCommand): readonly string[] {
  if (command.operands === 'files') return [];
  const list = command.operands === 'images' ? LIST_IMAGES : LIST_CONTAINERS;
  return [`complete -c tsbuild -n ${condition(command)} -f -a ${quoted(`(${list})`)}`];
}

function condition({ name }: CompletedCommand): string {
  return name === 'build' ? '__tsbuild_builds' : quoted(`__tsbuild_uses ${name}`);
}

function optionLine(command: CompletedCommand, { words, description, values }: CompletedOption): string {
  const names = words.map((word) => (word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`));
  const value =
    values === undefined ? '' : values.length === 0 ? ' -r' : ` -x -a ${quoted(values.join(' '))}`;
  return `complete -c tsbuild -n ${condition(command)} ${names.join(' ')}${value} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
