// A layer of files with the help of the layer that the same place of the build gave the last time: what has not changed is taken from there.
import type { StoredLayer } from '../store/stored-layer.js';
import type { Json } from '../core/canonical-json.js';
import { lastLayer, placeOf, rememberLayer } from './last-layers.js';
import { compareWithLast } from '../layer/copy/compare-with-last.js';
import type { LayerEntry } from '../layer/entry.js';
import { layerEntries } from '../layer/layer-xattrs.js';
import { commitTar } from '../images/commit-layer.js';
import type { BuildTools } from '../builder/build-tools.js';

export interface CommitPlace {
  /** Tells the place from all others of the same Dockerfile and context. */
  readonly where: Json;
  /** The last layer is not looked at. */
  readonly isCacheIgnored: boolean;
}

/** @param entries sorted by path. @throws TsbuildError as `commitTar` */
export async function commitAtPlace(
  session: BuildTools,
  { where, isCacheIgnored }: CommitPlace,
  entries: readonly LayerEntry[],
): Promise<StoredLayer> {
  const { store, request, cwd } = session;
  const place = placeOf({ cwd, context: request.context, dockerfile: request.dockerfile, where });
  const last = isCacheIgnored ? undefined : lastLayer(store, place);
  const wanted = layerEntries(entries);
  const compared = last && compareWithLast(wanted, { diffId: last, rows: store.readIndexRows(last) });
  const made = await commitTar(session, compared?.entries ?? wanted, contentBytes(entries));
  if (made.diffId === last) return made;
  rememberLayer(store, place, made.diffId);
  const changed = compared?.changes();
  return { ...made, ...(last && changed && { similar: { diffId: last, changed } }) };
}

function contentBytes(entries: readonly LayerEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.kind === 'node' ? entry.node.size : 0), 0);
}
