// A first word that is no command: taken for the build context only when there is such a path, so that `tsbuild bild`
// does not look for one.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';

/**
 * Whether the word can be a command only: it is none of the signs of a path or a URL, and nothing of that name is
 * there.
 */
export function isUnknownCommand(word: string, cwd: string): boolean {
  return /^[A-Za-z][\w-]*$/.test(word) && !existsSync(resolve(cwd, word));
}

export function unknownCommand(word: string, commands: readonly string[]): TsbuildError {
  return new TsbuildError('OPTION_UNKNOWN', `unknown command: ${word}${didYouMean(word, commands)}`, {
    hint: `tsbuild --help lists the commands; there is no directory ${word} to build`,
  });
}
