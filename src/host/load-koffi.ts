// The optional package koffi, by which system calls are reached that Node has no function for.
import type KoffiModule from 'koffi';
import { createRequire } from 'node:module';

export type Koffi = Pick<typeof KoffiModule, 'load' | 'errno' | 'address'>;

/** @throws when the package, or its binary for this machine, is not installed */
export async function loadKoffi(): Promise<Koffi> {
  return loadBinary() ?? (await import('koffi')).default;
}

/**
 * Loads the binary directly: the package takes 12 ms, 10 of them to find this file. Undefined where the file has
 * another name, as with musl.
 */
export function loadBinary(): Koffi | undefined {
  const { platform, arch } = process;
  try {
    const load = createRequire(import.meta.url);
    return load(`@koromix/koffi-${platform}-${arch}/${platform}_${arch}/koffi.node`) as Koffi;
  } catch {
    // The package itself knows better, and says what is wrong.
    return undefined;
  }
}
