// The words of the commands that build nothing. They have a script of their own, so that builds need not read them:
// `start-command.ts` chooses it.

export const OTHER_WORDS = [
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
  'completion',
  'container-finish',
] as const;

/** Of `tsbuild image ls`. */
export const FAMILY_WORD = 'image';
