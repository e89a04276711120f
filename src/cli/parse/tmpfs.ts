// `--tmpfs TARGET[:OPTIONS]` (moby pkg/mount MergeTmpfsOptions).
import type { RequestedMount } from '../../index.js';
import { invalidMount, mountTarget } from './mount-target.js';
import { parseSize } from './size.js';

const FLAGS =
  'ro rw exec noexec suid nosuid dev nodev sync async dirsync atime noatime diratime nodiratime relatime norelatime strictatime nostrictatime'.split(
    ' ',
  );
/** What is refused unless it is asked for. */
const ALLOWANCES = ['exec', 'suid', 'dev'];
/** They are taken and mean nothing here. */
const UNUSED = ['uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol', 'huge'];

/** @throws TsbuildError OPTION_INVALID */
export function parseTmpfs(text: string): RequestedMount {
  const colon = text.indexOf(':');
  const target = mountTarget(colon < 0 ? text : text.slice(0, colon));
  const options =
    colon < 0
      ? []
      : text
          .slice(colon + 1)
          .split(',')
          .filter(Boolean);
  const flags = options.filter((option) => FLAGS.includes(option));
  const values = new Map(options.filter((option) => option.includes('=')).map(pairOf));
  const bad = options.filter((option) => !FLAGS.includes(option) && !isValue(option));
  if (bad.length > 0) throw invalidMount(`invalid tmpfs option ${JSON.stringify(bad.join(','))}`);
  const [size, mode] = [values.get('size'), values.get('mode')];
  const allowed = ALLOWANCES.filter(
    (flag) => flags.findLast((option) => option === flag || option === `no${flag}`) === flag,
  );
  return {
    type: 'tmpfs',
    target,
    isReadonly: flags.findLast((option) => option === 'ro' || option === 'rw') === 'ro',
    ...(allowed.length > 0 && { allowed }),
    ...(size !== undefined && { sizeBytes: parseSize(size, '--tmpfs size') }),
    ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
  };
}

function isValue(option: string): boolean {
  const [key = '', value = ''] = pairOf(option);
  if (key === 'mode') return /^[0-7]{1,5}$/.test(value);
  return (key === 'size' || UNUSED.includes(key)) && value !== '';
}

function pairOf(option: string): readonly [string, string] {
  const equals = option.indexOf('=');
  return equals < 0 ? [option, ''] : [option.slice(0, equals), option.slice(equals + 1)];
}
