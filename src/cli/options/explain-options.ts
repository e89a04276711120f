// The options that explain builds: `build --why`, `why`, `logs --build`.
import { flag, value, type CommandName } from '../option-spec.js';

const WHY: readonly CommandName[] = ['why'];
const REPORT: readonly CommandName[] = ['report'];

export const EXPLAIN_OPTIONS = [
  flag('why', 'Say at the end why each step ran, or which cache had it', {
    group: 'Display',
    use: 'cli',
  }),
  flag('build', 'Print the log of a build: CONTAINER is its id, default the last build', {
    group: 'Options',
    use: 'cli',
    commands: ['logs'],
  }),
  value('build', 'ID', 'The build, as tsbuild builds lists it; default the last one', {
    group: 'Options',
    use: 'cli',
    commands: WHY,
    example: 'mi2k3x9q0abc',
  }),
  value('report', 'FILE', 'Write a page about the build, also when it fails', {
    group: 'Output',
    use: 'report',
    example: 'build.html',
  }),
  value('output', 'FILE', 'Where the page is written; - for standard output', {
    alias: 'o',
    group: 'Options',
    use: 'cli',
    commands: REPORT,
    default: 'build-report.html',
    example: 'build.html',
  }),
] as const;
