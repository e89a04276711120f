// Patterns of names as Go's path.Match has them, for names without a slash.
import { TsbuildError } from '../core/errors.js';

export function isPattern(text: string): boolean {
  return /[*?[\]]/.test(text);
}

/** @throws TsbuildError OPTION_INVALID for a pattern without its closing bracket */
export function matcherOf(pattern: string): (name: string) => boolean {
  const source = pattern.replace(
    /\\(.)|\[(\^?)((?:\\.|[^\]])+)\]|[\s\S]/g,
    (whole, escaped?: string, not?: string, set?: string) => {
      if (escaped !== undefined) return literal(escaped);
      if (set !== undefined) return `[${not === '^' ? '^' : ''}${set.replace(/\\?([\]^[])/g, '\\$1')}]`;
      if (whole === '*') return '.*';
      if (whole === '?') return '.';
      if (whole === '[')
        throw new TsbuildError('OPTION_INVALID', `syntax error in pattern ${JSON.stringify(pattern)}`);
      return literal(whole);
    },
  );
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}

function literal(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}
