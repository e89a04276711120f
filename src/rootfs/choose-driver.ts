// Which file system processes run on: the kernel's overlay, else fuse-overlayfs, else copies. Found out by trying, on
// the file system of the trees.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import { overlayDriver } from './overlay-driver.js';
import type { Ownership } from './ownership.js';
import { ROOTFS_DRIVERS, type RootfsDriver } from './rootfs-driver.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { createTemporaryTree, type TemporaryTree } from './temporary-tree.js';

export interface DriverChoice {
  readonly driver: RootfsDriver;
  /** Which one it is and why, for the user; absent for the first one, and for one that was asked for. */
  readonly note?: string;
}

export interface ChooseDriverOptions {
  /** Folder of the trees. */
  readonly trees: string;
  readonly ownership: Ownership;
  /** The only driver that is to be used. */
  readonly requested: RootfsDriver['name'] | undefined;
}

/** @throws TsbuildError SANDBOX_NO_OVERLAY when the driver that was asked for does not work */
export async function chooseDriver(
  calls: SystemCalls,
  { trees, ownership, requested }: ChooseDriverOptions,
): Promise<DriverChoice> {
  const failures: TsbuildError[] = [];
  for (const name of requested === undefined ? ROOTFS_DRIVERS : [requested]) {
    const driver = await tryDriver(calls, trees, () => openDriver(calls, name, { trees, ownership }));
    if (!(driver instanceof TsbuildError))
      return { driver, ...(failures.length > 0 && { note: noteOf(driver, failures) }) };
    failures.push(driver);
  }
  throw failures[0] ?? new TsbuildError('INTERNAL', 'there is a driver for the file system of processes');
}

/**
 * The other drivers are loaded when they are needed: every start of a worker would wait for them, and few need them.
 */
async function openDriver(
  calls: SystemCalls,
  name: RootfsDriver['name'],
  { trees, ownership }: Pick<ChooseDriverOptions, 'trees' | 'ownership'>,
): Promise<RootfsDriver> {
  switch (name) {
    case 'overlay':
      return overlayDriver(calls, ownership);
    case 'fuse-overlayfs':
      return (await import('./fuse-driver.js')).openFuseDriver(calls, ownership);
    case 'copy': {
      const { copyDriver } = await import('./copy-driver.js');
      let kept: TemporaryTree | undefined;
      process.once('exit', () => kept?.remove());
      return copyDriver(calls, {
        ownership,
        keepIn: () => (kept ??= createTemporaryTree(calls, trees)).path,
      });
    }
  }
}

async function tryDriver(
  calls: SystemCalls,
  trees: string,
  open: () => Promise<RootfsDriver>,
): Promise<RootfsDriver | TsbuildError> {
  const temporary = createTemporaryTree(calls, trees);
  try {
    const directory = join(temporary.path, 'try');
    mkdirSync(directory);
    const driver = await open();
    (await driver.open(directory, [])).close();
    return driver;
  } catch (error) {
    if (error instanceof TsbuildError && error.code.startsWith('SANDBOX_')) return error;
    throw error;
  } finally {
    temporary.remove();
  }
}

function noteOf({ name }: RootfsDriver, failures: readonly TsbuildError[]): string {
  const what = name === 'copy' ? 'copies, which are slower and take more space' : name;
  return `the rootfs of processes is ${what}: ${failures.map(({ message }) => message).join('; ')}`;
}
