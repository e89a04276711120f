// The words of the commands besides `build`, `check` and `doctor`. They have scripts of their own, so that builds need
// not read them: `start-command.ts` chooses one.

/** Those of the script for containers, which holds no other (scripts/build.mjs). */
export const CONTAINER_WORDS = [
  'run',
  'create',
  'ps',
  'logs',
  'attach',
  'exec',
  'start',
  'stop',
  'restart',
  'kill',
  'wait',
  'rm',
  'rename',
  'port',
  'top',
  'stats',
  'events',
  'cp',
  'diff',
  'commit',
  'export',
  'volume',
  'network',
  'container-finish',
] as const;

export const OTHER_WORDS = [
  'bake',
  'init',
  'manifest',
  'images',
  'tag',
  'rmi',
  'inspect',
  'history',
  'tree',
  'pull',
  'push',
  'login',
  'logout',
  'save',
  'load',
  'du',
  'prune',
  'builds',
  'why',
  'debug',
  'report',
  'completion',
  ...CONTAINER_WORDS,
] as const;

/** Options of builds whose code stands in that script too. */
export const OTHER_OPTIONS: readonly string[] = ['--report'];

/** Of `tsbuild image ls` and `tsbuild container ls`. */
export const FAMILY_WORDS: readonly string[] = ['image', 'container'];
