// The host's table of foreign programs: /proc/sys/fs/binfmt_misc, where it is mounted and can be read. Commands see it
// as long as their namespace has none of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { headerOf, matches, type Architecture, type Pattern } from './architectures.js';

const HOST_TABLE = '/proc/sys/fs/binfmt_misc';

export interface HostEntry extends Pattern {
  readonly isEnabled: boolean;
  readonly interpreter: string;
  readonly flags: string;
  readonly offset: number;
}

/** Undefined for an entry that goes by the names of files, and for what is none. Pure. */
export function parseHostEntry(text: string): HostEntry | undefined {
  const [state, ...lines] = text.split('\n');
  const valueOf = (name: string): string | undefined =>
    lines
      .find((line) => line.startsWith(name))
      ?.slice(name.length)
      .trim();
  const interpreter = valueOf('interpreter ');
  const magic = bytesOf(valueOf('magic '));
  if (interpreter === undefined || !magic) return undefined;
  return {
    isEnabled: state === 'enabled',
    interpreter,
    flags: valueOf('flags: ') ?? '',
    offset: Number(valueOf('offset ') ?? 0),
    magic,
    mask: bytesOf(valueOf('mask ')) ?? Buffer.alloc(magic.length, 0xff),
  };
}

function bytesOf(hex: string | undefined): Buffer | undefined {
  return hex !== undefined && /^([0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

/**
 * The entry by which programs of this architecture are executed, in whatever root file system (flag `F`), at fixed
 * addresses or not. Pure.
 */
export function entryFor(architecture: Architecture, entries: readonly HostEntry[]): HostEntry | undefined {
  const headers = [headerOf(architecture), headerOf(architecture, { isMovable: true })];
  return entries.find(
    (entry) =>
      entry.isEnabled &&
      entry.flags.includes('F') &&
      headers.every((header) => matches(entry, header, entry.offset)),
  );
}

/** Undefined where it cannot be read, as in a container. An empty one, or one that is switched off, has no entries. */
export function readHostTable(directory = HOST_TABLE): HostEntry[] | undefined {
  const status = textOf(join(directory, 'status'));
  if (status === undefined) return undefined;
  if (status.trim() !== 'enabled') return [];
  return readdirSync(directory)
    .filter((name) => name !== 'register' && name !== 'status')
    .flatMap((name) => parseHostEntry(textOf(join(directory, name)) ?? '') ?? []);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Absence is a value here: not mounted, not this user's to read, or gone since.
    return undefined;
  }
}
