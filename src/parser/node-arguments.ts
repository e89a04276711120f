// What follows the keyword and the flags, as the first level of BuildKit's parser splits it (parser/line_parsers.go):
// one function for each kind of argument list and a table of which instruction takes which.
import { goQuote } from './go-quote.js';
import { joinHeredocWords } from './heredoc-word.js';
import { isSpace } from './go-space.js';
import { parseJsonArray } from './json-array.js';
import { splitQuotedWords } from './quoted-words.js';
import { splitFirstWord } from './split-command.js';
import { syntaxError } from './syntax-error.js';

export interface NodeArguments {
  readonly args: readonly string[];
  readonly isJson: boolean;
}

type ArgumentParser = (rest: string, escape: string) => NodeArguments;

const NONE: NodeArguments = { args: [], isJson: false };

function plain(args: readonly string[]): NodeArguments {
  return { args, isJson: false };
}

const wholeText: ArgumentParser = (rest) => (rest === '' ? NONE : plain([rest]));

const spaceSeparated: ArgumentParser = (rest) => (rest === '' ? NONE : plain(rest.split(/[\t\v\f\r ]+/)));

const jsonOrText: ArgumentParser = (rest, escape) => {
  const strings = parseJsonArray(rest);
  return strings ? { args: strings, isJson: true } : wholeText(rest, escape);
};

const jsonOrList: ArgumentParser = (rest, escape) => {
  const strings = parseJsonArray(rest);
  return strings ? { args: strings, isJson: true } : spaceSeparated(rest, escape);
};

/** BuildKit takes `<< EOF` apart here and then looks for a file of that name; no file is meant. */
const jsonOrSources: ArgumentParser = (rest, escape) => {
  const { args, isJson } = jsonOrList(rest, escape);
  return { args: isJson ? args : joinHeredocWords(args), isJson };
};

const quotedWords: ArgumentParser = (rest, escape) => plain(splitQuotedWords(rest, escape));

/** Three arguments a pair: key, value and the separator, `=` or empty for the legacy form. */
function keyValues(keyword: string): ArgumentParser {
  return (rest, escape) => {
    const words = splitQuotedWords(rest, escape);
    if (words.length === 0) return NONE;
    if (!words[0]!.includes('=')) return plain(legacyPair(keyword, rest));
    return plain(words.flatMap(splitPair));
  };
}

function legacyPair(keyword: string, rest: string): string[] {
  const [key, value] = splitFirstWord(rest);
  if (value === undefined) throw syntaxError(`${keyword} must have two arguments`);
  return [key, value, ''];
}

function splitPair(word: string): string[] {
  const separator = word.indexOf('=');
  if (separator < 0) {
    throw syntaxError(`Syntax error - can't find = in ${goQuote(word)}. Must be of the form: name=value`);
  }
  return [word.slice(0, separator), word.slice(separator + 1), '='];
}

/** `NONE`, or `CMD` and a command line. */
const healthcheck: ArgumentParser = (rest, escape) => {
  let end = 0;
  while (end < rest.length && !isSpace(rest[end]!)) end++;
  if (end === 0) return NONE;
  let next = end;
  while (next < rest.length && isSpace(rest[next]!)) next++;
  const command = jsonOrText(rest.slice(next), escape);
  return { args: [rest.slice(0, end), ...command.args], isJson: command.isJson };
};

const PARSERS = {
  ADD: jsonOrSources,
  ARG: quotedWords,
  CMD: jsonOrText,
  COPY: jsonOrSources,
  ENTRYPOINT: jsonOrText,
  ENV: keyValues('ENV'),
  EXPOSE: spaceSeparated,
  FROM: spaceSeparated,
  HEALTHCHECK: healthcheck,
  LABEL: keyValues('LABEL'),
  MAINTAINER: wholeText,
  ONBUILD: wholeText,
  RUN: jsonOrText,
  SHELL: jsonOrText,
  STOPSIGNAL: wholeText,
  USER: wholeText,
  VOLUME: jsonOrList,
  WORKDIR: wholeText,
} as const satisfies Record<string, ArgumentParser>;

/** The 18 keywords, upper case. */
export type Keyword = keyof typeof PARSERS;
export const KEYWORDS: readonly Keyword[] = Object.keys(PARSERS) as Keyword[];

export function isKeyword(text: string): text is Keyword {
  return Object.hasOwn(PARSERS, text);
}

/**
 * An unknown keyword has one empty argument; it is refused at the second level.
 * @throws TsbuildError DOCKERFILE_SYNTAX
 */
export function parseNodeArguments(keyword: string, rest: string, escape: string): NodeArguments {
  return isKeyword(keyword) ? PARSERS[keyword](rest, escape) : plain(['']);
}
