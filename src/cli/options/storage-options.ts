// The options of `du` and `prune`.
import { flag, list, value, type CommandName } from '../option-spec.js';

const DU: readonly CommandName[] = ['du'];
const PRUNE: readonly CommandName[] = ['prune'];

export const STORAGE_OPTIONS = [
  flag('verbose', 'Every item, and what each image shares', {
    alias: 'v',
    group: 'Options',
    use: 'cli',
    commands: DU,
  }),
  flag('all', 'All that no image name and no running build holds', {
    alias: 'a',
    group: 'Options',
    use: 'cli',
    commands: PRUNE,
  }),
  list('filter', 'KEY=VALUE', 'Only items that match: until=24h, type=CLASS, id=ID, description~=TEXT', {
    group: 'Options',
    use: 'cli',
    commands: ['du', 'prune'],
    example: 'until=24h',
  }),
  value('max-used-space', 'SIZE', 'Delete until the store is not larger, least recently used first', {
    group: 'Options',
    use: 'cli',
    commands: PRUNE,
    example: '10gb',
  }),
  value('reserved-space', 'SIZE', 'Size that always stays, whatever the other limits say', {
    group: 'Options',
    use: 'cli',
    commands: PRUNE,
    example: '2gb',
  }),
  value('min-free-space', 'SIZE', 'Delete until so much of the disk is free', {
    group: 'Options',
    use: 'cli',
    commands: PRUNE,
    example: '20gb',
  }),
  value('keep-storage', 'SIZE', 'The old name of --reserved-space', {
    group: 'Options',
    use: 'cli',
    hidden: true,
    commands: PRUNE,
    example: '2gb',
  }),
  flag('everything', 'Remove the whole store, images too; no build may run', {
    group: 'Options',
    use: 'cli',
    commands: PRUNE,
  }),
  flag('dry-run', 'Say what would be deleted', { group: 'Options', use: 'cli', commands: PRUNE }),
  flag('force', 'Do not ask', { alias: 'f', group: 'Options', use: 'cli', commands: PRUNE }),
  value('format', 'table|json', 'Form of the report', {
    group: 'Display',
    use: 'cli',
    commands: ['du', 'prune'],
    choices: ['table', 'json'],
    default: 'table',
    example: 'json',
  }),
] as const;
