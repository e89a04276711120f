// A layer that is being fetched becomes its index in the store and a tree, in one pass.
import type { ArrivingLayer } from '../store/stored-layer.js';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { growingFile } from '../host/growing-file.js';
import type { LayerSink } from '../layer/read-layer.js';
import type { StorePaths } from '../store/store-paths.js';
import { indexLayer } from '../store/index-layer.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';
import type { Ownership } from './ownership.js';
import { removeTree } from './remove-tree.js';
import { createTreeWriter, type TreeWriter } from './tree-writer.js';
import { unpackLayer } from './unpack-layer.js';

export interface ReceiveOptions {
  readonly paths: StorePaths;
  /** Trees of the layers below, topmost first, once they are made. */
  readonly lowers: Promise<readonly string[]>;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
}

/** Makes the directory `into`. @throws TsbuildError LAYER_* | STORE_* | ABORTED */
export async function receiveLayer(
  calls: SystemCalls,
  layer: ArrivingLayer,
  into: string,
  options: ReceiveOptions,
): Promise<void> {
  const { lowers, ownership, signal } = options;
  if (await isReceived(calls, layer, into, options)) return;
  // Archives made by hand have hard links into layers below: all of the layer again, now that these are there.
  removeTree(calls, into);
  mkdirSync(into, { mode: 0o755 });
  const blob = { diffId: layer.diffId, path: layer.growing };
  await unpackLayer(calls, blob, into, { lowers: await lowers, ownership, signal });
}

/** False when the tree lacks something of the layers below. */
async function isReceived(
  calls: SystemCalls,
  { diffId, growing, size, limits }: ArrivingLayer,
  into: string,
  { paths, lowers, ownership, signal }: ReceiveOptions,
): Promise<boolean> {
  mkdirSync(into, { mode: 0o755 });
  const root = openSync(into, O_RDONLY | O_DIRECTORY);
  const writer = createTreeWriter(calls, root, { ownership });
  try {
    const chunks = growingFile(growing, size, signal);
    await indexLayer(chunks, { diffId, paths, limits, signal, sink: sinkInto(writer) });
    if (writer.isLacking()) return false;
    writer.finish(await lowers);
    return true;
  } finally {
    writer.close();
    closeSync(root);
  }
}

function sinkInto(writer: TreeWriter): LayerSink {
  return {
    onEntry: (entry) => writer.add(entry),
    onData: (data) => writer.write(data),
    onEntryEnd: () => writer.endEntry(),
    // Other layers, and messages of the front.
    drain: nextTurn,
  };
}
