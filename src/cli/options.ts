// The one table of options, a file per family of commands: the parser, `--help` and docs/cli.md are made from it.
import { flag, type CommandName, type OptionSpec } from './option-spec.js';
import { ARCHIVE_OPTIONS } from './options/archive-options.js';
import { BAKE_OPTIONS } from './options/bake-options.js';
import { BUILD_OPTIONS } from './options/build-options.js';
import { CONTAINER_LIFE_OPTIONS } from './options/container-life-options.js';
import { CONTAINER_ROOM_OPTIONS } from './options/container-room-options.js';
import { CONTAINER_RUN_OPTIONS } from './options/container-run-options.js';
import { CONTENTS_OPTIONS } from './options/contents-options.js';
import { EXPLAIN_OPTIONS } from './options/explain-options.js';
import { IMAGE_OPTIONS } from './options/image-options.js';
import { LOGIN_OPTIONS } from './options/login-options.js';
import { MANIFEST_OPTIONS } from './options/manifest-options.js';
import { STORAGE_OPTIONS } from './options/storage-options.js';
import { TRANSFER_OPTIONS } from './options/transfer-options.js';
import { VOLUME_OPTIONS } from './options/volume-options.js';

/** Options of every command. */
const COMMON_OPTIONS = [
  flag('debug', 'Expand warnings, print codes and stack traces of errors', {
    alias: 'D',
    group: 'Display',
    use: 'cli',
    commands: 'all',
  }),
  flag('help', 'Print this text', { alias: 'h', group: 'Display', use: 'cli', commands: 'all' }),
] as const;

export const OPTIONS = [
  ...BUILD_OPTIONS,
  ...BAKE_OPTIONS,
  ...TRANSFER_OPTIONS,
  ...IMAGE_OPTIONS,
  ...CONTENTS_OPTIONS,
  ...ARCHIVE_OPTIONS,
  ...MANIFEST_OPTIONS,
  ...LOGIN_OPTIONS,
  ...STORAGE_OPTIONS,
  ...CONTAINER_RUN_OPTIONS,
  ...CONTAINER_ROOM_OPTIONS,
  ...CONTAINER_LIFE_OPTIONS,
  ...VOLUME_OPTIONS,
  ...EXPLAIN_OPTIONS,
  ...COMMON_OPTIONS,
] as const;

type Row = (typeof OPTIONS)[number];
type NameOf<Kind> = Row extends infer R ? (R extends { name: infer N; kind: Kind } ? N : never) : never;

export type FlagName = NameOf<'flag'>;
export type ValueName = NameOf<'value'>;
export type ListName = NameOf<'list'>;

/** The rows that a command knows. A row without `commands` belongs to `build`. */
export function optionsOf(command: CommandName): readonly OptionSpec[] {
  const letters = new Set<string>();
  return OPTIONS.filter(
    ({ commands = ['build'] }: OptionSpec) => commands === 'all' || commands.includes(command),
  ).map((spec: OptionSpec) => {
    const { alias, ...others } = spec;
    if (alias === undefined) return spec;
    // `run -h` is the host name: options of all commands stand last and give way.
    if (letters.has(alias)) return others;
    letters.add(alias);
    return spec;
  });
}
