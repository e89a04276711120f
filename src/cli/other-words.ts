// The words of the commands besides `build`, `check` and `doctor`. They have a script of their own, so that builds need
// not read them: `start-command.ts` chooses it.

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
  'report',
  'completion',
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

/** Options of builds whose code stands in that script too. */
export const OTHER_OPTIONS: readonly string[] = ['--report'];

/** Of `tsbuild image ls` and `tsbuild container ls`. */
export const FAMILY_WORDS: readonly string[] = ['image', 'container'];
