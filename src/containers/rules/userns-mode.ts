// Whose ids a container has: `--userns build|host|keep-id[:uid=U,gid=G]`. Pure.
import { TsbuildError } from '../../core/errors.js';
import type { HostConfig } from '../container-record.js';

/**
 * With `host`, or a mount of a directory of the host and nothing asked, root of the container is the invoking user.
 * With `keep-id` that user keeps his own id.
 * @throws TsbuildError OPTION_INVALID
 */
export function usernsMode(
  asked: string | undefined,
  user: { readonly uid: number; readonly gid: number; readonly hasHostMounts: boolean },
): HostConfig['userns'] {
  if (!asked) return user.hasHostMounts ? { keepUid: 0, keepGid: 0 } : 'build';
  if (asked === 'build') return asked;
  if (asked === 'host') return { keepUid: 0, keepGid: 0 };
  const [isKept, options = ''] = /^keep-id(?::(.+))?$/.exec(asked) ?? [];
  const ids = new Map(options.split(',').filter(Boolean).map(pairOf));
  const areGood = [...ids].every(([key, digits]) => /^[ug]id$/.test(key) && /^\d{1,9}$/.test(digits));
  if (isKept !== undefined && areGood)
    return { keepUid: Number(ids.get('uid') ?? user.uid), keepGid: Number(ids.get('gid') ?? user.gid) };
  throw new TsbuildError('OPTION_INVALID', `invalid --userns: ${asked}`, {
    hint: 'write --userns keep-id, keep-id:uid=1000,gid=1000, host or build',
  });
}

function pairOf(option: string): readonly [string, string] {
  const [key = '', value = ''] = option.split('=', 2);
  return [key, value];
}
