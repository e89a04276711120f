// What holds for every process of a sandbox, beside what each is told: found by the front, used by the worker. Plain
// data.
import type { ControlGroups } from './cgroup/control-groups.js';
import type { NetworkTool } from './network/network-tool.js';
import { TsbuildError } from '../core/errors.js';
import type { OciRuntime } from './runtime/oci-runtime.js';
import { ROOTFS_DRIVERS, type RootfsDriver } from '../rootfs/rootfs-driver.js';

export interface SandboxSettings {
  /** Connects the processes whose network is `private`; there are none without it. */
  readonly network?: NetworkTool;
  /** Executes the commands in the place of tsbuild's launcher. */
  readonly runtime?: OciRuntime;
  /** Each process gets a control group with these limits. */
  readonly groups?: ControlGroups;
  /** The file system of processes when it is not to be chosen by what works. */
  readonly rootfs?: RootfsDriver['name'];
  /** The newest version of Landlock that is used; whatever the kernel has by default. */
  readonly landlock?: number;
}

/** From $TSBUILD_ROOTFS. @throws TsbuildError OPTION_INVALID */
export function parseRootfsName(text: string | undefined): RootfsDriver['name'] | undefined {
  if (text === undefined || text === '') return undefined;
  const found = ROOTFS_DRIVERS.find((name) => name === text);
  if (found) return found;
  throw new TsbuildError('OPTION_INVALID', `TSBUILD_ROOTFS=${text}: there is no such file system`, {
    hint: `one of ${ROOTFS_DRIVERS.join(', ')}`,
  });
}
