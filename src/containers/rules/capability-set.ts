// The capabilities of a container: docker's defaults, `--cap-add`, `--cap-drop`, `--privileged`
// (moby oci/caps/utils.go). Pure.
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import { CAPABILITY_NAMES, DEFAULT_CAPABILITY_NAMES } from '../../sandbox/capabilities.js';

export interface CapabilityRequest {
  /** Names of the kernel with or without `CAP_`, in any case; `ALL`. */
  readonly add?: readonly string[];
  readonly drop?: readonly string[];
  readonly isPrivileged?: boolean;
}

const ALL = 'ALL';

/**
 * Bit n = capability n of linux/capability.h.
 * @throws TsbuildError OPTION_INVALID `invalid capability: "X"`
 */
export function capabilitySet({ add = [], drop = [], isPrivileged = false }: CapabilityRequest): bigint {
  const [added, dropped] = [add.map(capabilityName), drop.map(capabilityName)];
  return bitsOf(isPrivileged ? CAPABILITY_NAMES : chosen(added, dropped));
}

/** What is dropped by name is dropped also when all are added, and the other way round. */
function chosen(added: readonly string[], dropped: readonly string[]): readonly string[] {
  if (added.includes(ALL)) return without(CAPABILITY_NAMES, dropped);
  if (dropped.includes(ALL)) return added;
  return [...without(DEFAULT_CAPABILITY_NAMES, dropped), ...added];
}

function without(names: readonly string[], dropped: readonly string[]): readonly string[] {
  return names.filter((name) => !dropped.includes(name));
}

function bitsOf(names: readonly string[]): bigint {
  return names.reduce((bits, name) => bits | (1n << BigInt(CAPABILITY_NAMES.indexOf(name))), 0n);
}

/** Upper case, without `CAP_`. @throws TsbuildError OPTION_INVALID `invalid capability: "X"` */
function capabilityName(text: string): string {
  const name = text.trim().toUpperCase().replace(/^CAP_/, '');
  if (name === ALL || CAPABILITY_NAMES.includes(name)) return name;
  throw new TsbuildError(
    'OPTION_INVALID',
    `invalid capability: ${JSON.stringify(text)}${didYouMean(name, CAPABILITY_NAMES)}`,
    { hint: 'write a name such as NET_ADMIN, or ALL' },
  );
}
