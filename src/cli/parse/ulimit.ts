// `--ulimit NAME=SOFT[:HARD]` (docker/go-units ulimit.go). -1 is unlimited.
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { Ulimit } from '../../plan/request.js';

const NAMES =
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  );

/** @throws TsbuildError OPTION_INVALID */
export function parseUlimit(text: string): Ulimit {
  const match = /^([^=]+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
  if (!match) {
    throw new TsbuildError('OPTION_INVALID', `invalid ulimit argument: ${text}`, {
      hint: 'write --ulimit nofile=1024:2048',
    });
  }
  const name = match[1]!;
  if (!NAMES.includes(name))
    throw new TsbuildError('OPTION_INVALID', `invalid ulimit type: ${name}${didYouMean(name, NAMES)}`);
  const soft = limitOf(match[2]!, text);
  const hard = match[3] === undefined ? soft : limitOf(match[3], text);
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw new TsbuildError(
      'OPTION_INVALID',
      `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`,
    );
  }
  return { name, soft, hard };
}

function limitOf(digits: string, text: string): number {
  const limit = Number(digits);
  if (limit >= -1 && Number.isSafeInteger(limit)) return limit;
  throw new TsbuildError('OPTION_INVALID', `invalid ulimit argument: ${text}`, {
    hint: 'a limit is -1 (unlimited) or a whole number',
  });
}
