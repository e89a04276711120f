// The mark of a tree that has devices: steps on top of it are shown them (sandbox/notify/show-devices.ts), which costs time, and few
// trees have any. Those of /dev do not count: a step has a /dev of its own.
import type { ByteString } from '../core/bytes.js';
import type { LayerEntry } from '../layer/entry.js';
import { RECORD_PREFIX } from './owner-record.js';

/** On the root of the tree. Never part of a layer, as all records. */
export const DEVICES_XATTR = `${RECORD_PREFIX}devices`;
export const HAS_DEVICES = 'y' as ByteString;

/** Whether a tree with this entry gets the mark. */
export function isVisibleDevice(entry: LayerEntry): boolean {
  if (entry.kind !== 'node' || (entry.node.type !== 'char' && entry.node.type !== 'block')) return false;
  return !entry.path.startsWith('dev/');
}
