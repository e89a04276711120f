// `--volumes-from CONTAINER[:ro|rw]` (moby daemon/volume/mounts/linux_parser.go ParseVolumesFrom). Pure.
import { TsbuildError } from '../../core/errors.js';

export interface VolumesFrom {
  readonly container: string;
  /** Absent: as they are there. */
  readonly isReadonly?: boolean;
}

const HINT = 'write CONTAINER, CONTAINER:ro or CONTAINER:rw';

/** Labels of security modules are taken and mean nothing. @throws TsbuildError OPTION_INVALID */
export function parseVolumesFrom(text: string): VolumesFrom {
  const [container = '', mode, ...more] = text.split(':');
  if (container === '' || more.length > 0)
    throw new TsbuildError('OPTION_INVALID', `malformed volumes-from specification: ${text}`, { hint: HINT });
  const modes = mode === undefined ? [] : mode.split(',');
  const access = modes.filter((word) => word === 'ro' || word === 'rw');
  const labels = modes.filter((word) => word === 'z' || word === 'Z');
  if (access.length > 1 || labels.length > 1 || access.length + labels.length < modes.length)
    throw new TsbuildError('OPTION_INVALID', `invalid mode: ${mode}`, { hint: HINT });
  return { container, ...(access.length > 0 && { isReadonly: access[0] === 'ro' }) };
}
