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
  'events',
  'container-finish',
] as const;

/** Of `tsbuild image ls` and `tsbuild container ls`. */
export const FAMILY_WORDS: readonly string[] = ['image', 'container'];
