// The one extended attribute of context files that reaches a layer: security.capability. `user.*` and the rest are
// dropped, as BuildKit drops them. The kernel looks at it only when it executes a file, so that files without an
// execute bit are not asked.
import { createRequire } from 'node:module';
import { fromBuffer, toUtf8, fromUtf8, type ByteString } from '../core/bytes.js';

const NAME = 'security.capability';

/** The xattrs of an executable at an absolute path, undefined when it has none. */
export type ReadCapability = (path: ByteString) => Readonly<Record<string, ByteString>> | undefined;

type GetAttribute = (path: string, name: string) => Buffer | null;

/** Loads the native package on the first call; on systems without file capabilities nothing is ever read. */
export function createCapabilityReader(): ReadCapability {
  if (process.platform !== 'linux') return () => undefined;
  let getAttribute: GetAttribute | undefined;
  return (path) => {
    const text = toUtf8(path);
    // The package takes text only; a name that is not UTF-8 cannot be passed on.
    if (fromUtf8(text) !== path) return undefined;
    getAttribute ??= loadGetAttribute();
    const value = getAttribute(text, NAME);
    return value === null ? undefined : { [NAME]: fromBuffer(value) };
  };
}

function loadGetAttribute(): GetAttribute {
  const loaded: { readonly getAttributeSync: GetAttribute } = createRequire(import.meta.url)(
    '@napi-rs/xattr',
  );
  return loaded.getAttributeSync;
}
