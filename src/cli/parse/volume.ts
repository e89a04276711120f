// `-v [SOURCE:]TARGET[:MODES]` (moby daemon/volume/mounts/linux_parser.go).
import type { RequestedMount } from '../../index.js';
import { hostPath, invalidMount, isHostPath, mountTarget, volumeName } from './mount-target.js';

const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
/** Of each kind a mount has at most one. Labels and consistency change nothing here. */
const KINDS: readonly (readonly string[])[] = [
  ['rw', 'ro'],
  ['z', 'Z'],
  PROPAGATIONS,
  ['nocopy'],
  ['consistent', 'cached', 'delegated', 'default'],
];

/** @throws TsbuildError OPTION_INVALID */
export function parseVolume(text: string, cwd: string): RequestedMount {
  const parts = text.split(':');
  const [first = '', second = '', modes = ''] = parts;
  if (parts.length > 3 || first === '' || (parts.length > 1 && second === '')) throw invalidSpec(text);
  if (parts.length === 1) return { type: 'volume', target: mountTarget(first) };
  if (parts.length === 2 && areModes(second)) throw invalidSpec(text);
  if (!areModes(modes) && modes !== '') throw invalidMount(`invalid mode: ${modes}`, modeHint());
  return isHostPath(first) ? bindOf(first, second, modes, cwd) : namedVolume(first, second, modes);
}

function bindOf(source: string, target: string, text: string, cwd: string): RequestedMount {
  const modes = text.split(',');
  if (modes.includes('nocopy')) throw invalidMount(`invalid mode: ${text}`, 'nocopy is for volumes');
  const propagation = modes.find((mode) => PROPAGATIONS.includes(mode));
  return {
    type: 'bind',
    source: hostPath(source, cwd),
    target: mountTarget(target),
    isReadonly: modes.includes('ro'),
    isSourceMade: true,
    ...(propagation && { propagation }),
  };
}

function namedVolume(name: string, target: string, text: string): RequestedMount {
  const modes = text.split(',');
  return {
    type: 'volume',
    name: volumeName(name),
    target: mountTarget(target),
    isReadonly: modes.includes('ro'),
    isNotCopied: modes.includes('nocopy'),
  };
}

function areModes(text: string): boolean {
  const modes = text.split(',');
  const isOfKinds = modes.every((mode) => KINDS.some((kind) => kind.includes(mode)));
  return isOfKinds && KINDS.every((kind) => modes.filter((mode) => kind.includes(mode)).length <= 1);
}

function invalidSpec(text: string): Error {
  return invalidMount(`invalid volume specification: '${text}'`, 'write SOURCE:TARGET or SOURCE:TARGET:ro');
}

function modeHint(): string {
  return `the modes are ${KINDS.flat().join(', ')}`;
}
