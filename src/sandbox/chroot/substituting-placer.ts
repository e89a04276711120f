// Mounts of the rung `chroot`. Nothing can be mounted, so the rootfs holds what a mount would show as long as the
// command runs (substitutions.ts). What is written to a read-only mount is not refused; it is thrown away.
import {
  chmodSync,
  chownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
  closeSync,
  openSync,
} from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, toUtf8, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { CHROOT_CAPABILITIES } from '../capabilities.js';
import type { Confinement } from '../confinement.js';
import { planMounts, type PlannedMount } from '../mount-plan.js';
import { openDirectory, openInside, type Stub } from '../../rootfs/path-in-root.js';
import {
  defaultProfile,
  WITHOUT_NAMESPACES,
  type ArchRules,
  ownProcessOnly,
} from '../seccomp/default-profile.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { makeDevices } from './chroot-devices.js';
import { relayFifo, type FifoRelay } from './fifo-relay.js';
import { createLaunchOrder } from '../launch-order.js';
import { refuseUnservable } from './chroot-refusals.js';
import { writeStaticProc } from './static-proc.js';
import type { MountPlacer, PlaceOptions, Placement } from '../mount-placer.js';
import { createProcessFilters, type ProcessFilters } from '../process-filters.js';
import { createSubstitutions, type Substitutions } from './substitutions.js';

export interface SubstitutingOptions {
  /** Folder of the cache mounts: what is taken from there is brought back. */
  readonly mounts: string;
  readonly confinement: Confinement;
  /** Resolves when nothing of an ended command runs any more. */
  readonly endLeftOvers: () => Promise<void>;
  /** Calls `restore` when the worker ends early; the result forgets it. */
  readonly atExit: (restore: () => void) => () => void;
}

export function substitutingPlacer(calls: SystemCalls, options: SubstitutingOptions): MountPlacer {
  const filters = createProcessFilters({ profile, isSupervised: false });
  return {
    canShareCaches: false,
    check: refuseUnservable,
    pin: ({ fd }) => readlinkSync(`/proc/self/fd/${fd}`),
    place: (given) => placeAll(calls, filters, options, given),
  };
}

function profile(machine: 'x64' | 'arm64'): readonly ArchRules[] {
  return ownProcessOnly(defaultProfile(machine, { without: WITHOUT_NAMESPACES }));
}

async function placeAll(
  calls: SystemCalls,
  filters: ProcessFilters,
  { mounts, confinement, endLeftOvers, atExit }: SubstitutingOptions,
  { spec, rootfs, prepared, makeDirectory, onOutput }: PlaceOptions,
): Promise<Placement> {
  makeWorkingDirectory(calls, rootfs, spec);
  const scratch = makeDirectory('scratch');
  const scene = createSubstitutions(calls, rootfs, makeDirectory('aside'));
  const forget = atExit(() => void scene.restore());
  const relays: FifoRelay[] = [];
  const secrets: Secret[] = [];
  const onFifo = (path: string, stream: 1 | 2): void =>
    void relays.push(relayFifo(path, (data) => onOutput(spec.terminal ? 1 : stream, data)));
  const clear = async (): Promise<readonly Stub[]> => {
    try {
      await Promise.all(relays.map((relay) => relay.close()));
    } finally {
      forget();
    }
    for (const { fd } of secrets.splice(0)) closeSync(fd);
    return scene.restore();
  };
  try {
    const set: Scene = { calls, rootfs, scene, scratch, mounts, spec, onFifo, secrets };
    for (const [i, mount] of planMounts(spec, prepared).entries()) place(set, mount, `put-${i}`);
  } catch (error) {
    await clear();
    throw error;
  }
  return {
    order: createLaunchOrder(spec, {
      rootfs,
      scratch,
      mounts: [],
      filters,
      entry: 'chroot',
      confinement,
      secrets: secrets.map(({ place: inRootfs }) => `${fromUtf8(rootfs)}${inRootfs}` as ByteString),
    }),
    complete: () => fillSecrets(secrets),
    async clear() {
      await endLeftOvers();
      return clear();
    },
  };
}

/** Before the mounts, so that a missing working directory becomes part of the layer. */
function makeWorkingDirectory(calls: SystemCalls, rootfs: string, spec: PlaceOptions['spec']): void {
  const root = openDirectory(rootfs);
  try {
    const made = openInside(calls, root, spec.cwd, { create: 'dir', owner: spec });
    if (made !== undefined) closeSync(made);
  } finally {
    closeSync(root);
  }
}

interface Secret {
  /** Of the empty file, open for writing. */
  readonly fd: number;
  readonly content: Uint8Array;
  /** Path in the rootfs. */
  readonly place: ByteString;
}

interface Scene {
  readonly calls: SystemCalls;
  readonly rootfs: string;
  readonly scene: Substitutions;
  /** Where substitutes are made, on the file system of the rootfs. */
  readonly scratch: string;
  readonly mounts: string;
  readonly spec: PlaceOptions['spec'];
  /** Called for the FIFO that stands for standard output or error. */
  readonly onFifo: (path: string, stream: 1 | 2) => void;
  /** Collects those that are still empty. */
  readonly secrets: Secret[];
}

/** Puts what a mount would show. `name` is free in the scratch directory. */
function place(set: Scene, mount: PlannedMount, name: string): void {
  const path = join(set.scratch, name);
  switch (mount.kind) {
    case 'filesystem':
      return placeFilesystem(set, mount, path);
    case 'tree':
      return mount.source === '/sys' ? placeKernelView(set, mount.target, path) : placeTree(set, mount, path);
    case 'file':
      return placeFile(set, mount, path);
    case 'device':
    case 'link':
      // Came with /dev.
      return;
    case 'mask':
    case 'read-only':
      // Of the kernel's views there is nothing to hide.
      return;
  }
}

/** What a secret holds is written once there is who empties it when this process is killed. */
function placeFile(
  { scene, secrets }: Scene,
  { target, content, mode, uid, gid, isSecret }: Extract<PlannedMount, { kind: 'file' }>,
  path: string,
): void {
  writeFileSync(path, isSecret ? '' : content, { mode: 0o600 });
  const fd = isSecret && openSync(path, 'r+');
  chownSync(path, uid, gid);
  chmodSync(path, mode);
  scene.put({ target, source: fromUtf8(path) });
  if (fd) secrets.push({ fd, content, place: scene.placeOf(fromUtf8(path))! });
}

function fillSecrets(secrets: Secret[]): void {
  for (const { fd, content } of secrets.splice(0)) {
    writeFileSync(fd, content);
    closeSync(fd);
  }
}

function placeFilesystem(
  set: Scene,
  { type, target, takesMode = false }: Extract<PlannedMount, { kind: 'filesystem' }>,
  path: string,
): void {
  if (type === 'proc' || type === 'sysfs') return placeKernelView(set, target, path);
  if (type === 'tmpfs' && target === '/dev') return placeDevices(set, path);
  // File systems inside of those two came with them.
  if (type !== 'tmpfs' || target === '/dev/shm') return;
  mkdirSync(path);
  chmodSync(path, (takesMode ? modeBelow(set, target) : undefined) ?? 0o1777);
  set.scene.put({ target, source: fromUtf8(path) });
}

/** Undefined when there is nothing. */
function modeBelow({ calls, rootfs }: Scene, target: string): number | undefined {
  const root = openDirectory(rootfs);
  try {
    const found = openInside(calls, root, target);
    if (found === undefined) return undefined;
    const { mode } = fstatSync(found);
    closeSync(found);
    return mode & 0o7777;
  } finally {
    closeSync(root);
  }
}

function placeKernelView({ scene, spec }: Scene, target: string, path: string): void {
  mkdirSync(path, { mode: 0o755 });
  if (target === '/proc') writeStaticProc(path, { ...spec, capabilities: CHROOT_CAPABILITIES });
  scene.put({ target, source: fromUtf8(path), isLinkRefused: true, isLasting: true });
}

function placeDevices({ calls, scene, spec, onFifo }: Scene, path: string): void {
  mkdirSync(path);
  const [output, error] = makeDevices(calls, path, spec);
  onFifo(output, 1);
  onFifo(error, 2);
  scene.put({ target: '/dev', source: fromUtf8(path), isLasting: true });
}

/** A copy of a tree, a socket or a cache directory. Nobody else has it while the command runs. */
function placeTree(
  { calls, scene, mounts }: Scene,
  { source, subpath, target }: Extract<PlannedMount, { kind: 'tree' }>,
  path: string,
): void {
  const isReturned = source.startsWith(`${mounts}/`);
  const shown = scene.placeOf(fromUtf8(source));
  if (isReturned && shown !== undefined) {
    // The same cache on a second target.
    symlinkSync(toUtf8(shown), path);
    return scene.put({ target, source: fromUtf8(path) });
  }
  scene.put({ target, source: resolveSource(calls, source, subpath), isReturned });
}

function resolveSource(calls: SystemCalls, source: string, subpath: string): ByteString {
  if (!lstatSync(source).isDirectory() || subpath === '') return fromUtf8(source);
  const top = openDirectory(source);
  let found: number | undefined;
  try {
    found = openInside(calls, top, subpath);
    // BuildKit's wording for a missing source of a bind mount.
    if (found === undefined)
      throw new TsbuildError(
        'COPY_NOT_FOUND',
        `failed to calculate checksum of ref: "${subpath}": not found`,
      );
    return readlinkSync(`/proc/self/fd/${found}`, { encoding: 'latin1' }) as ByteString;
  } finally {
    for (const fd of [top, found]) if (fd !== undefined) closeSync(fd);
  }
}
