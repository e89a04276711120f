// `-v [SOURCE:]TARGET[:MODES]` (moby daemon/volume/mounts/linux_parser.go) and `--volumes-from`.
import type { MountRequest, Propagation, VolumesFrom } from '../../index.js';
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
export function parseVolume(text: string, cwd: string): MountRequest {
  const parts = text.split(':');
  const [first = '', second = '', modes = ''] = parts;
  if (parts.length > 3 || first === '' || (parts.length > 1 && second === '')) throw invalidSpec(text);
  if (parts.length === 1)
    return { type: 'volume', target: mountTarget(first), isReadonly: false, isFilled: true };
  if (parts.length === 2 && areModes(second)) throw invalidSpec(text);
  if (!areModes(modes) && modes !== '') throw invalidMount(`invalid mode: ${modes}`, modeHint());
  return isHostPath(first) ? bindOf(first, second, modes, cwd) : namedVolume(first, second, modes);
}

function bindOf(source: string, target: string, text: string, cwd: string): MountRequest {
  const modes = text.split(',');
  if (modes.includes('nocopy')) throw invalidMount(`invalid mode: ${text}`, 'nocopy is for volumes');
  const propagation = modes.find((mode) => PROPAGATIONS.includes(mode)) as Propagation | undefined;
  return {
    type: 'bind',
    source: hostPath(source, cwd),
    target: mountTarget(target),
    isReadonly: modes.includes('ro'),
    isSourceMade: true,
    ...(propagation && { propagation }),
  };
}

function namedVolume(name: string, target: string, text: string): MountRequest {
  const modes = text.split(',');
  return {
    type: 'volume',
    name: volumeName(name),
    target: mountTarget(target),
    isReadonly: modes.includes('ro'),
    isFilled: !modes.includes('nocopy'),
  };
}

function areModes(text: string): boolean {
  const modes = text.split(',');
  const isOfKinds = modes.every((mode) => KINDS.some((kind) => kind.includes(mode)));
  return isOfKinds && KINDS.every((kind) => modes.filter((mode) => kind.includes(mode)).length <= 1);
}

/** `CONTAINER[:ro|rw]`; labels are ignored. @throws TsbuildError OPTION_INVALID */
export function parseVolumesFrom(text: string): VolumesFrom {
  const colon = text.indexOf(':');
  const container = colon < 0 ? text : text.slice(0, colon);
  const mode = colon < 0 ? undefined : text.slice(colon + 1);
  if (container === '') throw invalidMount(`malformed volumes-from specification: ${text}`);
  if (mode === undefined) return { container };
  const modes = mode.split(',');
  if (modes.every((word) => ['ro', 'rw', 'z', 'Z'].includes(word)) && areModes(mode))
    return {
      container,
      ...((modes.includes('ro') || modes.includes('rw')) && { isReadonly: modes.includes('ro') }),
    };
  throw invalidMount(`invalid mode: ${mode}`, 'write CONTAINER, CONTAINER:ro or CONTAINER:rw');
}

function invalidSpec(text: string): Error {
  return invalidMount(`invalid volume specification: '${text}'`, 'write SOURCE:TARGET or SOURCE:TARGET:ro');
}

function modeHint(): string {
  return `the modes are ${KINDS.flat().join(', ')}`;
}
