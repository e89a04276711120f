// The text of an index as one string.
import type { LayerEntry } from '../../src/layer/entry.js';
import { encodeIndex, type IndexText } from '../../src/layer/index-codec.js';

export function textOf(text: IndexText): string {
  return Buffer.concat(text).toString();
}

export function indexTextOf(entries: readonly LayerEntry[]): string {
  return textOf(encodeIndex(entries));
}
