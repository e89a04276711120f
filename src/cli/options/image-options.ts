// The options of the commands for images in the store: `images`, `rmi`, `tag`, `inspect`, `history`.
import { flag, list, value, type CommandName, type OptionSpec } from '../option-spec.js';

const LISTS: readonly CommandName[] = ['images', 'history'];
const FORMATTED: readonly CommandName[] = [...LISTS, 'builds'];

export const IMAGE_OPTIONS = [
  flag('all', 'Show images without a name too', {
    alias: 'a',
    group: 'Options',
    use: 'cli',
    commands: ['images'],
  }),
  list('filter', 'KEY=VALUE', 'Only these: reference=, dangling=, before=, since=, label=KEY[=VALUE]', {
    alias: 'f',
    group: 'Options',
    use: 'cli',
    commands: ['images'],
    example: 'label=team=web',
  }),
  flag('force', 'Remove all names of an id; an image that is not there is no error', {
    alias: 'f',
    group: 'Options',
    use: 'cli',
    commands: ['rmi'],
  }),
  flag('digests', 'Show the digests that registries gave', {
    group: 'Display',
    use: 'cli',
    commands: ['images'],
  }),
  flag('human', 'Sizes and ages for people; --human=false prints bytes and times', {
    alias: 'H',
    group: 'Display',
    use: 'cli',
    commands: ['history'],
  }),
  flag('no-trunc', 'Shorten nothing', { group: 'Display', use: 'cli', commands: LISTS }),
  flag('quiet', 'Print only ids', { alias: 'q', group: 'Display', use: 'cli', commands: FORMATTED }),
  value('format', 'table|json|TEMPLATE', 'Form of the list; a template has fields such as {{.ID}}', {
    group: 'Display',
    use: 'cli',
    commands: FORMATTED,
    example: 'json',
  }),
  flag('provenance', 'Show how the image was built, as its attestation says; also of a name in a registry', {
    group: 'Display',
    use: 'cli',
    commands: ['inspect'],
  }),
  flag('sbom', 'Show which packages the image holds, as its attestation says', {
    group: 'Display',
    use: 'cli',
    commands: ['inspect'],
  }),
  value('format', 'json|TEMPLATE', 'Form of the output; a template has fields such as {{.Id}}', {
    alias: 'f',
    group: 'Display',
    use: 'cli',
    commands: ['inspect'],
    example: '{{.Config.User}}',
  }),
  value(
    'platform',
    'PLATFORM',
    'Of an image for several platforms the one to look at; default that of this machine',
    {
      group: 'Image',
      use: 'cli',
      commands: ['inspect'],
      example: 'linux/arm64',
    },
  ),
] as const satisfies readonly OptionSpec[];
