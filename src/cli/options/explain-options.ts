// The options that explain builds: `build --why`, `build --on-error`, `why`, `logs --build`, `debug`.
import { flag, value, type CommandName } from '../option-spec.js';

const DEBUG: readonly CommandName[] = ['debug'];
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
  value('on-error', 'ACTION', 'What to do where a RUN failed: shell opens one there, before the build ends', {
    group: 'Steps',
    use: 'cli',
    choices: ['shell'],
    example: 'shell',
  }),
  value('step', 'NUMBER', 'The files below another step of the stage: 3 for [build 3/7]', {
    group: 'Options',
    use: 'cli',
    commands: DEBUG,
    example: '3',
  }),
  flag('after', 'Run the command that failed first, and show the files as it leaves them', {
    group: 'Options',
    use: 'cli',
    commands: DEBUG,
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
