// The end of what a child process says, for the message that tells why it failed.
import type { Readable } from 'node:stream';

const MAX_CHARACTERS = 4096;

/**
 * @param stream its standard error, which is read from now on.
 * @returns the last characters so far, without white space around them
 */
export function lastWords(stream: Readable | null, maxCharacters: number = MAX_CHARACTERS): () => string {
  let words = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => (words = (words + text).slice(-maxCharacters)));
  return () => words.trim();
}
