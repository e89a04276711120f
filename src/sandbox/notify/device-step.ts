// A step whose kernel refuses devices, and which is to believe that it has some (rung `userns` and `chroot`): what its processes are told.
import { readFileSync } from 'node:fs';
import type { DeviceMakers } from './make-device.js';
import type { Answer, WatchedCall, WatchedStep } from './watched-call.js';

export interface DeviceStep extends WatchedStep {
  readonly makers: DeviceMakers;
  /** From ids as this process sees them to those of the step. */
  readonly idsOfStep: { readonly user: IdMap; readonly group: IdMap };
}

export type DeviceCall = WatchedCall<DeviceStep>;
export type DeviceHandler = (call: DeviceCall) => Answer;
export type IdMap = (id: number) => number;

/** What the kernel shows of an id that a namespace does not have. */
const OVERFLOW_ID = 65534;

/** Of process `pid` of the step. @param file `uid_map` or `gid_map` (user_namespaces(7)), seen from this process's namespace */
export function readIdMap(pid: number, file: 'uid_map' | 'gid_map'): IdMap {
  const ranges = readFileSync(`/proc/${pid}/${file}`, 'latin1')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return (id) => {
    for (const [inside = 0, outside = 0, count = 0] of ranges)
      if (id >= outside && id - outside < count) return inside + (id - outside);
    return OVERFLOW_ID;
  };
}
