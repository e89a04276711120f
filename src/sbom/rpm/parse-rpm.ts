// Packages of rpm's database where it is one of SQLite, as in Fedora since 33 and RHEL since 9. Pure.
import type { PackageEntries, PackageEntry } from '../found-package.js';
import { parseHeader } from './parse-header.js';
import { sqliteRows } from './sqlite-table.js';

/** A database that is damaged gives what stands before the damage, and one broken entry more. */
export function parseRpm(bytes: Uint8Array): PackageEntries {
  const entries: PackageEntry[] = [];
  let broken = 0;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    for (const [, blob] of sqliteRows(file, 'Packages')) {
      const entry = Buffer.isBuffer(blob) ? parseHeader(blob) : undefined;
      if (entry === undefined) broken++;
      else if (entry !== 'key') entries.push(entry);
    }
  } catch {
    // The reader throws at the first page that makes no sense: it is counted, and the document says so.
    broken++;
  }
  return { entries, broken };
}
