// The options of `push` and `pull`.
import { flag, value, type CommandName, type OptionSpec } from '../option-spec.js';
import { PROGRESS_MODES } from './build-options.js';

const PUSH: readonly CommandName[] = ['push'];

const BOTH: readonly CommandName[] = ['push', 'pull'];

export const TRANSFER_OPTIONS = [
  value('platform', 'PLATFORM', 'Platform to pull for, such as linux/arm64; default that of this machine', {
    group: 'Options',
    use: 'cli',
    commands: ['pull'],
    env: 'DOCKER_DEFAULT_PLATFORM',
    example: 'linux/arm64',
  }),
  flag('all-tags', 'Push all names that the store has of the repository', {
    alias: 'a',
    group: 'Options',
    use: 'cli',
    commands: PUSH,
  }),
  value(
    'compression',
    'gzip|zstd|uncompressed',
    'How layers that were made here are compressed; default gzip, and uncompressed for an image with attestations',
    {
      group: 'Options',
      use: 'cli',
      commands: PUSH,
      choices: ['gzip', 'zstd', 'uncompressed'],
      example: 'zstd',
    },
  ),
  value('compression-level', 'N', 'Level of the compression', {
    group: 'Options',
    use: 'cli',
    commands: PUSH,
    example: '9',
  }),
  flag('force-compression', 'Compress the layers of the base anew too', {
    group: 'Options',
    use: 'cli',
    commands: PUSH,
  }),
  value('sign', 'key=FILE|key=env://NAME|keyless', 'Sign what is pushed, for cosign and policies to verify', {
    group: 'Options',
    use: 'cli',
    commands: PUSH,
    example: 'key=image.key',
  }),
  value('progress', 'MODE', 'How progress is shown: auto, plain, tty, quiet, none, rawjson', {
    group: 'Display',
    use: 'cli',
    commands: BOTH,
    choices: PROGRESS_MODES,
    default: 'auto',
    env: 'BUILDKIT_PROGRESS',
    example: 'plain',
  }),
  flag('quiet', 'Print only the names', { alias: 'q', group: 'Display', use: 'cli', commands: BOTH }),
] as const satisfies readonly OptionSpec[];
