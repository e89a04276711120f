// The filters that trap calls of processes on this machine (sandbox/seccomp/trap-filter.ts), encoded.
import { encodeProgram } from '../seccomp/assemble-filter.js';
import { deviceTraps, networkTraps, statusTraps } from '../seccomp/call-traps.js';
import { trapFilter } from '../seccomp/trap-filter.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';

export interface TrapPrograms {
  /** Of what makes devices. */
  readonly devices: Uint8Array;
  /** Of that and of what shows devices, for a supervisor. */
  readonly shownDevices: Uint8Array;
  /**
   * Of that and of what asks for a network; absent on a kernel where a signal could break off a call that waits, which
   * no program expects of socket(2).
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
