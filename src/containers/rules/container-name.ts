// Names of containers: which are allowed, and one for a container that got none. Pure.
import { TsbuildError } from '../../core/errors.js';

const ALLOWED = '[a-zA-Z0-9][a-zA-Z0-9_.-]';
const NAME = new RegExp(`^${ALLOWED}+$`);

/** A slash in front is dropped, as docker does. @throws TsbuildError OPTION_INVALID in docker's words */
export function checkedName(text: string): string {
  const name = text.replace(/^\//, '');
  if (NAME.test(name)) return name;
  throw new TsbuildError('OPTION_INVALID', `Invalid container name (${text}), only ${ALLOWED} are allowed`, {
    hint: 'a name has at least two letters, digits, or one of _ . -',
  });
}

const ADJECTIVES = (
  'able amber ample apt avid bold brave breezy brisk bright calm candid clear clever cosmic crisp daring deft eager early ' +
  'earnest exact fair fast fine firm fond frank fresh gentle glad golden grand happy hardy honest humble keen kind lively ' +
  'loyal lucid lucky mellow merry mild modest neat nimble noble patient placid polite proud quick quiet rapid ready serene ' +
  'sharp silent smart smooth solid spry stable steady still sturdy subtle sunny swift tidy tranquil trusty upbeat vivid warm ' +
  'wise witty zesty'
).split(' ');

/** Of people who made computing, mathematics and the sciences. */
const SURNAMES = (
  'abel ada aiken allen ampere archimedes babbage backus banach bell bernoulli bohr boole borg brahe carson cauchy cerf ' +
  'church clarke codd cori curie darwin dijkstra dirac einstein engelbart erdos euclid euler faraday fermat fermi floyd ' +
  'fourier franklin galileo galois gauss germain goedel goldberg gray hamilton hamming hawking heaviside hilbert hoare hopper ' +
  'huffman hypatia joule karp kay kepler kernighan kilby knuth kovalevskaya lamarr lamport laplace leavitt leibniz liskov ' +
  'lovelace maxwell mccarthy meitner mendel milner minsky naur newton noether pascal payne perlis planck poincare ramanujan ' +
  'riemann ritchie rubin shannon sinclair tarjan tesla thompson torvalds turing volta wiles wilkes wirth wozniak yao'
).split(' ');

/**
 * `adjective_surname`; from the third try on with a digit behind it, since the names may run out.
 * @param random gives a number from 0 to below 1
 */
export function randomName(random: () => number, tries = 0): string {
  const one = (words: readonly string[]) => words[Math.floor(random() * words.length)]!;
  return `${one(ADJECTIVES)}_${one(SURNAMES)}${tries < 3 ? '' : Math.floor(random() * 10 ** (tries - 2))}`;
}
