// The options of `save` and `load`.
import { flag, list, value, type CommandName } from '../option-spec.js';

const SAVE: readonly CommandName[] = ['save'];
const LOAD: readonly CommandName[] = ['load'];

/** As SaveRequest.format has them. */
export const ARCHIVE_FORMATS = ['docker', 'oci'] as const;

export const ARCHIVE_OPTIONS = [
  value('input', 'FILE', 'Archive or directory to read; default standard input', {
    alias: 'i',
    group: 'Options',
    use: 'cli',
    commands: LOAD,
    example: 'image.tar',
  }),
  flag('quiet', 'Do not show progress', { alias: 'q', group: 'Options', use: 'cli', commands: LOAD }),
  value('output', 'FILE', 'File to write; default standard output', {
    alias: 'o',
    group: 'Options',
    use: 'cli',
    commands: SAVE,
    example: 'image.tar',
  }),
  value('format', 'docker|oci', 'docker: for every reader, with manifest.json; oci: the layout alone', {
    group: 'Options',
    use: 'cli',
    commands: SAVE,
    choices: ARCHIVE_FORMATS,
    default: 'docker',
    example: 'oci',
  }),
  list('platform', 'PLATFORM', 'The image for this platform; another is refused', {
    group: 'Options',
    use: 'cli',
    commands: ['save', 'load'],
    example: 'linux/arm64',
  }),
] as const;
