// The binary of koffi, by which system calls are reached that Node has no function for. It is an optional dependency,
// one package per system, and is loaded without the package koffi itself: that has a script to be run at installation,
// which npm warns of, and takes 12 ms to find the same file.
import type KoffiModule from 'koffi';
import { createRequire } from 'node:module';

export type Koffi = Pick<typeof KoffiModule, 'load' | 'errno' | 'address'>;

/** @throws Error when the binary for this machine is not installed */
export async function loadKoffi(): Promise<Koffi> {
  const binary = loadBinary();
  if (binary) return binary;
  throw new Error(`${packageName()} is not installed, or cannot be loaded`);
}

/** Undefined when the binary for this machine is not installed. */
export function loadBinary(): Koffi | undefined {
  const load = createRequire(import.meta.url);
  for (const folder of FOLDERS_OF[process.platform] ?? []) {
    try {
      return load(`${packageName()}/${folder}_${process.arch}/koffi.node`) as Koffi;
    } catch {
      // The other C library's is tried, and who needs it gets an error that says what to do.
    }
  }
  return undefined;
}

/** Of the package's binaries: one per C library, of which the loader accepts its own. */
const FOLDERS_OF: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['linux', 'musl'],
  darwin: ['darwin'],
};

function packageName(): string {
  return `@koromix/koffi-${process.platform}-${process.arch}`;
}
