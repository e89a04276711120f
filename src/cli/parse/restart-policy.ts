// `--restart no|always|unless-stopped|on-failure[:N]` (docker/cli opts/parse.go ParseRestartPolicy).
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { RestartPolicy } from '../../index.js';

const NAMES = ['no', 'always', 'unless-stopped', 'on-failure'];

/** @throws TsbuildError OPTION_INVALID */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [name = '', count, ...more] = text.split(':');
  if (text === '') return { name: 'no', maximumRetries: 0 };
  if (more.length > 0 || name === '') throw invalid('invalid restart policy format: use NAME[:COUNT]');
  if (!NAMES.includes(name))
    throw invalid(`invalid restart policy: unknown policy '${name}'${didYouMean(name, NAMES)}`);
  if (count === undefined) return { name: name as RestartPolicy['name'], maximumRetries: 0 };
  if (!/^\d{1,9}$/.test(count))
    throw invalid('invalid restart policy format: maximum retry count must be an integer');
  if (name !== 'on-failure' && Number(count) > 0)
    throw invalid(`invalid restart policy: maximum retry count can only be used with 'on-failure'`);
  return { name: name as RestartPolicy['name'], maximumRetries: Number(count) };
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message, {
    hint: 'use no, always, unless-stopped, on-failure[:COUNT]',
  });
}
