// The smallest image that a sandbox can be tried on: one program that ends at once, for the instruction sets that there
// is a launcher for.
import { fromUtf8 } from '../../core/bytes.js';
import type { LayerEntry } from '../../layer/entry.js';
import { ELF_MACHINE, staticExecutable } from '../../sandbox/static-executable.js';

export const PROBE_PATH = '/probe';

/** exit_group(0). */
const PROGRAMS = {
  x64: '31ffb8e70000000f05',
  arm64: '000080d2c80b80d2010000d4',
} as const;

export type ProbeArchitecture = keyof typeof PROGRAMS;

/** The entries of a layer with nothing but a static program at PROBE_PATH, which exits with 0. Pure. */
export function probeEntries(architecture: ProbeArchitecture): LayerEntry[] {
  const code = Buffer.from(PROGRAMS[architecture], 'hex');
  const data = staticExecutable(code, { machine: ELF_MACHINE[architecture] });
  return [programEntry(PROBE_PATH.slice(1), data)];
}

/** A program that all may execute, as an entry of a layer. */
export function programEntry(path: string, data: Buffer): LayerEntry {
  const owner = { uid: 0, gid: 0, mtime: 0, mtimeNsec: 0 };
  const content = { kind: 'bytes', data } as const;
  const node = { type: 'file', mode: 0o755, ...owner, size: data.length, content } as const;
  return { kind: 'node', path: fromUtf8(path), node };
}
