// The options of the commands that look into images: `tree`, `diff`.
import { flag, value, type CommandName } from '../option-spec.js';

const TREE: readonly CommandName[] = ['tree'];
const DIFF: readonly CommandName[] = ['diff'];
const BOTH: readonly CommandName[] = ['tree', 'diff'];

export const CONTENTS_OPTIONS = [
  value(
    'platform',
    'PLATFORM',
    'Of an image for several platforms the one to look at; default that of this machine',
    {
      group: 'Image',
      use: 'cli',
      commands: BOTH,
      example: 'linux/arm64',
    },
  ),
  value('depth', 'N', 'How far below the top directories are shown', {
    group: 'Display',
    use: 'cli',
    commands: TREE,
    default: '2',
    example: '3',
  }),
  value('sort', 'size|name', 'Order of what is in a directory', {
    group: 'Display',
    use: 'cli',
    commands: TREE,
    choices: ['size', 'name'],
    default: 'size',
    example: 'name',
  }),
  flag('layers', 'Show for each layer what it added (A), changed (C) and deleted (D)', {
    group: 'Display',
    use: 'cli',
    commands: TREE,
  }),
  flag('wasted', 'Show files that a later layer replaces or deletes, whose bytes stay in the image', {
    group: 'Display',
    use: 'cli',
    commands: TREE,
  }),
  flag('all', 'Show what is small too', { alias: 'a', group: 'Display', use: 'cli', commands: TREE }),
  flag('all', 'List each file of directories that only one image has', {
    alias: 'a',
    group: 'Display',
    use: 'cli',
    commands: DIFF,
  }),
  flag('exit-code', 'Exit with 1 when the files or configs of two images differ', {
    group: 'Display',
    use: 'cli',
    commands: DIFF,
  }),
  value('format', 'text|json', 'Form of the output', {
    group: 'Display',
    use: 'cli',
    commands: BOTH,
    choices: ['text', 'json'],
    default: 'text',
    example: 'json',
  }),
] as const;
