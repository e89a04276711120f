// An image in an OCI image layout on disk, as it is written: `oci-layout://PATH[:TAG|@DIGEST]`. Pure.

export interface LayoutReference {
  /** As written. */
  readonly path: string;
  /** Tag or digest. */
  readonly reference: string | undefined;
}

const SCHEME = 'oci-layout://';

/** Undefined for a text of another kind. */
export function parseLayoutReference(text: string): LayoutReference | undefined {
  if (!text.startsWith(SCHEME)) return undefined;
  const rest = text.slice(SCHEME.length);
  const at = rest.indexOf('@');
  const colon = rest.lastIndexOf(':');
  const cut = at >= 0 ? at : colon > rest.lastIndexOf('/') ? colon : rest.length;
  return { path: rest.slice(0, cut), reference: rest.slice(cut + 1) || undefined };
}
