// The options of `push` and `pull`.
import { flag, value, type OptionSpec } from '../option-spec.js';
import { PROGRESS_MODES } from './build-options.js';

export const TRANSFER_OPTIONS = [
  value('platform', 'PLATFORM', 'Platform to pull for, such as linux/arm64; default that of this machine', {
    group: 'Options',
    use: 'cli',
    commands: ['pull'],
    env: 'DOCKER_DEFAULT_PLATFORM',
    example: 'linux/arm64',
  }),
  value('progress', 'MODE', 'How progress is shown: auto, plain, tty, quiet, none, rawjson', {
    group: 'Display',
    use: 'cli',
    commands: ['pull'],
    choices: PROGRESS_MODES,
    default: 'auto',
    env: 'BUILDKIT_PROGRESS',
    example: 'plain',
  }),
  flag('quiet', 'Print only the name', { alias: 'q', group: 'Display', use: 'cli', commands: ['pull'] }),
] as const satisfies readonly OptionSpec[];
