// `tsbuild image COMMAND`, as docker has it: the same commands under other names.
import { FAMILY_WORD } from './other-words.js';

const COMMANDS: Readonly<Record<string, string>> = {
  ls: 'images',
  list: 'images',
  rm: 'rmi',
  tag: 'tag',
  inspect: 'inspect',
  history: 'history',
  pull: 'pull',
  push: 'push',
  save: 'save',
  load: 'load',
};

/** The arguments with one word for the command: `image ls -q` is `images -q`. */
export function withoutFamily(argv: readonly string[]): readonly string[] {
  const [family, word = '', ...rest] = argv;
  return family === FAMILY_WORD && Object.hasOwn(COMMANDS, word) ? [COMMANDS[word]!, ...rest] : argv;
}
