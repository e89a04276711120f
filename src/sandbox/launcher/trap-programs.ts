// The filters that trap calls of commands on this machine (seccomp/trap-filter.ts), encoded.
import { encodeProgram } from '../seccomp/assemble-filter.js';
import { deviceTraps, networkTraps, statusTraps } from '../seccomp/call-traps.js';
import { trapFilter } from '../seccomp/trap-filter.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';

export interface TrapPrograms {
  /** Traps calls that make devices. */
  readonly devices: Uint8Array;
  /** Traps those, and calls that show devices; for a supervisor. */
  readonly shownDevices: Uint8Array;
  /**
   * Traps calls that make devices or ask for a network. Absent on a kernel where a signal could break off a call that
   * waits: no program expects that of socket(2).
   */
  readonly withNetwork?: Uint8Array;
}

/** Undefined on a kernel without traps (before 5.9): devices cannot be made there. */
export function trapPrograms(calls: SystemCalls): TrapPrograms | undefined {
  const { arch } = process;
  if ((arch !== 'x64' && arch !== 'arm64') || !calls.hasTraps()) return undefined;
  return {
    devices: encodeProgram(trapFilter(arch, [deviceTraps])),
    shownDevices: encodeProgram(trapFilter(arch, [deviceTraps, statusTraps])),
    ...(calls.hasUninterruptedTraps() && {
      withNetwork: encodeProgram(trapFilter(arch, [networkTraps, deviceTraps])),
    }),
  };
}
