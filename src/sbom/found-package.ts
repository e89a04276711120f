// A package as the metadata in a tree describes it. Texts are those of the metadata, cleaned (clean-text.ts).
import type { ByteString } from '../core/bytes.js';

/** Types of package URLs (package-url/purl-spec, types-doc). */
export type PackageType = 'apk' | 'deb' | 'npm' | 'pypi' | 'rpm';

/** What one entry of a database, or one file, says. */
export interface PackageEntry {
  readonly name: string;
  readonly version?: string;
  readonly architecture?: string;
  /** Of rpm; those of deb are part of the version. */
  readonly epoch?: string;
  /** The source package, when its name or version differs. */
  readonly upstream?: string;
  /** As the package says it: an SPDX expression or any other text. */
  readonly license?: string;
  /** Who gives it to users: the maintainer of a distribution's package. As SPDX writes it. */
  readonly supplier?: string;
  /** Who made it: the author. As SPDX writes it. */
  readonly originator?: string;
  readonly homepage?: string;
}

export interface FoundPackage extends PackageEntry {
  readonly type: PackageType;
  /** The file that says it. */
  readonly path: ByteString;
}

/** What a reader makes of the bytes of one file. `broken` counts the entries that make no sense and are left out. */
export interface PackageEntries {
  readonly entries: readonly PackageEntry[];
  readonly broken: number;
}
