// What a worker works with on its rung. Made once, by create-workshop.ts.
import type { StorePaths } from '../store/store-paths.js';
import type { ControlGroups } from '../sandbox/cgroup/control-groups.js';
import type { Ownership } from '../rootfs/ownership.js';
import type { RootfsDriver } from '../rootfs/rootfs-driver.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import type { StartProcess } from '../sandbox/launcher/start-process.js';
import type { MountPlacer } from '../sandbox/mount-placer.js';
import type { TreeStore } from '../rootfs/tree-store.js';
import type { MemoryWatch } from './memory-watch.js';
import type { OwnTable } from '../sandbox/emulation/own-table.js';
import type { Answer, RequestOf, WorkerWords } from './protocol.js';

export interface Workshop extends WorkerWords {
  readonly calls: SystemCalls;
  readonly paths: StorePaths;
  readonly trees: TreeStore;
  readonly ownership: Ownership;
  readonly driver: RootfsDriver;
  /** Absent without limits of resources. */
  readonly groups?: ControlGroups | undefined;
  readonly placer: MountPlacer;
  /** Called with a work directory that a killed build left, before it is deleted. */
  readonly onAbandoned?: (path: string) => void;
  readonly launch: StartProcess;
  readonly memory: MemoryWatch;
  /** Absent without a user namespace of the worker's own. */
  readonly emulators?: OwnTable;
  /** Of a worker for one container: what it answers. @throws TsbuildError */
  readonly container?: (
    message: RequestOf<'open-container' | 'prepare-container' | 'start-container'>,
    signal: AbortSignal,
  ) => Promise<Answer>;
}
