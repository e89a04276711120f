// What holds for every command of a sandbox. The front finds it, the worker uses it. Plain data.
import type { ControlGroups } from './cgroup/control-groups.js';
import type { NetworkTool } from './network/network-tool.js';
import { TsbuildError } from '../core/errors.js';
import type { OciRuntime } from './runtime/oci-runtime.js';
import { ROOTFS_DRIVERS, type RootfsDriver } from '../rootfs/rootfs-driver.js';

export interface SandboxSettings {
  /** Connects commands whose network is `private`. Absent: no command has one. */
  readonly network?: NetworkTool;
  /** Executes the commands instead of tsbuild's launcher. */
  readonly runtime?: OciRuntime;
  /** Each command gets a control group with these limits. */
  readonly groups?: ControlGroups;
  /** How a rootfs is made from layers. Absent: the best way that works here. */
  readonly rootfs?: RootfsDriver['name'];
  /** The newest version of Landlock that is used. Absent: the version of the kernel. */
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
