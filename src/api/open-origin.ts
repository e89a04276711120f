// Where a name of `manifest` commands leads: a registry, or an OCI image layout.
import { resolve } from 'node:path';
import type { ContentOrigin } from '../export/registry/content-origin.js';
import { parseLayoutReference } from '../oci/layout-reference.js';
import { canonicalReference, parseReference, withDefaultTag } from '../oci/reference.js';
import type { OpenCommand } from './on-engine.js';

export interface NamedOrigin {
  /** Fully qualified. */
  readonly name: string;
  readonly origin: ContentOrigin;
}

/** @param text a reference, or `oci-layout://PATH[:TAG|@DIGEST]`. @throws TsbuildError REGISTRY_REFERENCE */
export async function openOrigin(text: string, { cwd, engine }: OpenCommand): Promise<NamedOrigin> {
  const { layoutOrigin, registryOrigin } = await import('../export/registry/content-origin.js');
  const layout = parseLayoutReference(text);
  if (layout) return { name: text, origin: layoutOrigin({ ...layout, path: resolve(cwd, layout.path) }) };
  const reference = withDefaultTag(parseReference(text));
  return {
    name: canonicalReference(reference),
    origin: registryOrigin(await engine.registry(), reference),
  };
}
