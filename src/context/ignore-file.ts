// .dockerignore: its text to patterns (moby/patternmatcher/ignorefile). Pure.
import { TsbuildError } from '../core/errors.js';
import { compilePatterns, type PatternMatcher } from '../core/pattern-matcher.js';
import { cleanPath, trimSpace } from '../core/pattern-matcher/clean-path.js';

/** A compiled ignore file. */
export interface IgnoreRules {
  readonly matcher: PatternMatcher;
  /** Name as shown: `.dockerignore`, `docker/a.Dockerfile.dockerignore`. */
  readonly file: string;
  /** The 1-based line of each of `matcher.patterns`. */
  readonly lines: readonly number[];
}

export interface IgnoreLine {
  /** Clean, without a leading slash, `!` kept. */
  readonly pattern: string;
  /** 1-based. */
  readonly line: number;
}

/** The line limit of Go's bufio.Scanner. */
const MAX_LINE_BYTES = 65535;

/**
 * Pure. The text may begin with a byte order mark; only `#` in the first column makes a comment.
 * @throws TsbuildError IGNORE_SYNTAX for a line that is too long
 */
export function parseIgnoreLines(text: string): IgnoreLine[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap((content, index) => {
      if (Buffer.byteLength(content) > MAX_LINE_BYTES) throw lineTooLong(index + 1);
      const pattern = content.startsWith('#') ? '' : trimSpace(content);
      return pattern === '' ? [] : [{ pattern: normalize(pattern), line: index + 1 }];
    });
}

function lineTooLong(line: number): TsbuildError {
  return new TsbuildError('IGNORE_SYNTAX', `line ${line} is longer than ${MAX_LINE_BYTES} bytes`);
}

function normalize(pattern: string): string {
  if (pattern.startsWith('!')) return `!${normalizePath(trimSpace(pattern.slice(1)))}`;
  return normalizePath(pattern);
}

function normalizePath(path: string): string {
  if (path === '') return '';
  const clean = cleanPath(path);
  return clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean;
}

/**
 * Pure: the text of the ignore file called `file`.
 * @throws TsbuildError IGNORE_SYNTAX with the line as location
 */
export function parseIgnoreFile(text: string, file: string): IgnoreRules {
  const failAt = (error: unknown, line: number): never => {
    if (!(error instanceof TsbuildError)) throw error;
    throw error.with({
      message: `failed parsing ${file}: ${error.message}`,
      location: { file, startLine: line, endLine: line, text },
    });
  };
  const lines = parseLines(text, failAt);
  for (const { pattern, line } of lines) {
    try {
      compilePatterns([pattern]);
    } catch (error) {
      failAt(error, line);
    }
  }
  return { matcher: compilePatterns(lines.map((l) => l.pattern)), file, lines: lines.map((l) => l.line) };
}

function parseLines(text: string, failAt: (error: unknown, line: number) => never): IgnoreLine[] {
  try {
    return parseIgnoreLines(text);
  } catch (error) {
    return failAt(error, 1);
  }
}
