// What is said of an image as files beside its own: one statement each, whose subjects are the files of the image
// (BuildKit's exporter/local/fs.go).
import type { NamedClaim } from './build-claims.js';
import { statementBytes, type Subject } from './attestation/statement.js';
import { fromUtf8, toUtf8 } from './core/bytes.js';
import type { Digest } from './core/digest.js';
import { platformFolder } from './export/platform-folders.js';
import { treeEntries } from './export/tree-entries.js';
import type { NodeEntry } from './layer/entry.js';
import type { TreeView } from './layer/tree-view.js';

export interface ClaimFiles {
  readonly claims: readonly NamedClaim[];
  /** Seconds since the epoch. */
  readonly time: number;
  /** Part of the names, when files of several platforms lie in one directory: `linux/arm64`. */
  readonly platform?: string | undefined;
}

/** @throws TsbuildError OUTPUT_FAILED for a statement that is too large, STORE_CORRUPT */
export function claimFiles(view: TreeView, { claims, time, platform }: ClaimFiles): readonly NodeEntry[] {
  const subjects = subjectsIn(view);
  return claims.map((claim) => {
    const data = statementBytes(claim, subjects, 2);
    const content = { kind: 'bytes', data } as const;
    const owner = { uid: 0, gid: 0, mtime: time, mtimeNsec: 0 };
    return {
      kind: 'node',
      path: fromUtf8(nameOf(claim, platform)),
      node: { type: 'file', mode: 0o600, ...owner, size: data.length, content },
    };
  });
}

function subjectsIn(view: TreeView): readonly Subject[] {
  const files = [...treeEntries(view)].filter((entry) => entry.kind !== 'node' || entry.node.type === 'file');
  return files.map(({ path }) => ({ name: toUtf8(path), digest: `sha256:${view.sha256(path)}` as Digest }));
}

/** `provenance.json`, `provenance.linux_arm64.json` */
function nameOf({ file }: NamedClaim, platform: string | undefined): string {
  if (platform === undefined) return file;
  const dot = file.lastIndexOf('.');
  return `${file.slice(0, dot)}.${platformFolder(platform)}${file.slice(dot)}`;
}
