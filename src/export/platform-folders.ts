// Files of several platforms as one tree: each in a folder of its own, or all in one (BuildKit's exporter/local, key
// platform-split). Pure.
import { fromUtf8, toUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import type { LayerEntry } from '../layer/entry.js';

/** The files of one platform. */
export interface PlatformFiles {
  /** `linux/arm64` */
  readonly platform: string;
  readonly entries: Iterable<LayerEntry>;
}

/** `linux_arm64` */
export function platformFolder(platform: string): string {
  return platform.replaceAll('/', '_');
}

/** Each below its folder, parents first. */
export function* splitByPlatform(parts: readonly PlatformFiles[]): Iterable<LayerEntry> {
  for (const { platform, entries } of parts) {
    const folder = fromUtf8(platformFolder(platform));
    yield { kind: 'node', path: folder, node: FOLDER };
    for (const entry of entries) yield moved(entry, folder);
  }
}

const FOLDER = { type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 } as const;

function moved(entry: LayerEntry, folder: ByteString): LayerEntry {
  const path = below(folder, entry.path);
  if (entry.kind === 'hardlink') return { ...entry, path, target: below(folder, entry.target) };
  return { ...entry, path };
}

function below(folder: ByteString, path: ByteString): ByteString {
  return `${folder}/${path}` as ByteString;
}

/**
 * All in one tree; a directory that several have is the first's.
 * @throws TsbuildError OPTION_CONFLICT with BuildKit's words, for anything else that several have
 */
export function* mergePlatforms(parts: readonly PlatformFiles[]): Iterable<LayerEntry> {
  const seen = new Map<ByteString, { readonly platform: string; readonly isDirectory: boolean }>();
  for (const { platform, entries } of parts)
    for (const entry of entries) {
      const isDirectory = entry.kind === 'node' && entry.node.type === 'dir';
      const before = seen.get(entry.path);
      if (before && !(before.isDirectory && isDirectory))
        throw overwritten(toUtf8(entry.path), before.platform, platform);
      if (before) continue;
      seen.set(entry.path, { platform, isDirectory });
      yield entry;
    }
}

function overwritten(path: string, first: string, second: string): TsbuildError {
  return new TsbuildError(
    'OPTION_CONFLICT',
    `cannot overwrite ${path} from ${first} with ${second} when split option is disabled`,
    { hint: 'leave platform-split out: each platform gets a folder of its own' },
  );
}
