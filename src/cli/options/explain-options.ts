// The options that explain builds: `build --why`, `why`.
import { flag, value, type CommandName } from '../option-spec.js';

const WHY: readonly CommandName[] = ['why'];

export const EXPLAIN_OPTIONS = [
  flag('why', 'Say at the end why each step ran, or which cache had it', {
    group: 'Display',
    use: 'cli',
  }),
  value('build', 'ID', 'The build, as tsbuild builds lists it; default the last one', {
    group: 'Options',
    use: 'cli',
    commands: WHY,
    example: 'mi2k3x9q0abc',
  }),
] as const;
