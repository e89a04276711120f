// An image: its two documents and its layers, wherever these are.
import type { Digest } from '../core/digest.js';
import type { Descriptor, ImageConfig } from '../oci/types.js';
import type { Layer } from './layer.js';

export interface Image {
  /** Of the manifest. */
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
  readonly config: ImageConfig;
  readonly configBytes: Uint8Array;
  readonly configDigest: Digest;
  /** Bottom first. */
  readonly layers: readonly Layer[];
}
