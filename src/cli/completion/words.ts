// The words that a shell can complete, out of the tables of commands and options. Pure.
import { COMMANDS } from '../command-table.js';
import type { OptionSpec } from '../option-spec.js';
import { optionsOf } from '../options.js';

export interface CompletedOption {
  /** `--tag`, and `-t` where it has one letter. */
  readonly words: readonly string[];
  readonly description: string;
  /** Undefined when nothing follows; else the values that are known, none for any. */
  readonly values: readonly string[] | undefined;
}

export interface CompletedCommand {
  /** One word, or two. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** What stands behind the options. */
  readonly operands: 'images' | 'containers' | 'files';
}

/** The first words of all commands, once each, with the summary of the first command that begins so. */
export function firstWordsOf(commands: readonly CompletedCommand[]): ReadonlyMap<string, string> {
  const summaries = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [first = ''] = name.split(' ');
    if (!summaries.has(first)) summaries.set(first, summary);
  }
  return summaries;
}

/** By first word, the second words of the commands that have two, with their summaries. */
export function secondWordsOf(
  commands: readonly CompletedCommand[],
): ReadonlyMap<string, readonly (readonly [word: string, summary: string])[]> {
  const seconds = new Map<string, (readonly [string, string])[]>();
  for (const { name, summary } of commands) {
    const [first = '', second] = name.split(' ');
    if (second !== undefined) seconds.set(first, [...(seconds.get(first) ?? []), [second, summary]]);
  }
  return seconds;
}

const OF_IMAGES: ReadonlySet<string> = new Set(
  'tag rmi inspect history tree push save run create'.split(' '),
);
const OF_CONTAINERS: ReadonlySet<string> = new Set(
  'logs attach exec start stop restart kill wait rm rename port top stats diff commit export'.split(' '),
);

/** Commands in the order of their help. */
export function completedCommands(): readonly CompletedCommand[] {
  const rows = COMMANDS.map(({ name, summary }): CompletedCommand => ({
    name,
    summary,
    options: optionsOf(name).filter(isShown).map(completedOption),
    operands: operandsOf(name),
  }));
  const plain = { options: [], operands: 'files' } as const;
  return [
    ...rows,
    { name: 'version', summary: 'Print the version', ...plain },
    { name: 'help', summary: 'Print the help of a command', ...plain },
  ];
}

function operandsOf(name: string): CompletedCommand['operands'] {
  if (OF_IMAGES.has(name)) return 'images';
  return OF_CONTAINERS.has(name) ? 'containers' : 'files';
}

function isShown({ hidden }: OptionSpec): boolean {
  return hidden !== true;
}

function completedOption({
  name,
  alias,
  kind,
  description,
  choices = [],
  bare,
}: OptionSpec): CompletedOption {
  return {
    words: [`--${name}`, ...(alias === undefined ? [] : [`-${alias}`])],
    description,
    // A value that may be left out follows only after `=`.
    values: kind === 'flag' || bare !== undefined ? undefined : choices,
  };
}
