// Entries that stand one behind the other in the tar of an earlier layer. Where a tar has its headers is not in the
// index, but where a content ends is: so a run begins behind a file and ends with one.
import type { DiffId } from '../../core/digest.js';
import type { LayerEntry, NodeEntry } from '../entry.js';
import type { TarEntry } from '../tar/copied-entries.js';
import { BLOCK } from '../tar/header-fields.js';

/** The event loop runs between two runs. */
const MAX_ENTRIES = 500;

const NOTHING: readonly TarEntry[] = [];

export interface RunOfCopies {
  /** Takes the next entry of the earlier layer; gives what cannot wait, mostly nothing. */
  add(entry: NodeEntry): readonly TarEntry[];
  /** The next entry of the earlier layer is not taken over. The run must have ended. */
  skip(entry: LayerEntry): void;
  /** Gives all that was added. */
  end(): readonly TarEntry[];
}

export function createRunOfCopies(diffId: DiffId): RunOfCopies {
  /** Where the next entry begins; undefined behind one that has no content. */
  let position: number | undefined = 0;
  let start: number | undefined;
  let entries: NodeEntry[] = [];
  /** Of the entries up to the last file. */
  let end = { position: 0, count: 0 };

  function finish(): readonly TarEntry[] {
    if (entries.length === 0) return NOTHING;
    const copied = entries.slice(0, end.count);
    const others = entries.slice(end.count);
    const run: TarEntry[] =
      start !== undefined && copied.length > 0
        ? [{ kind: 'copied', diffId, start, end: end.position, entries: copied }]
        : [];
    start = undefined;
    entries = [];
    end = { position: 0, count: 0 };
    return [...run, ...others];
  }

  return {
    add(entry) {
      const isApart = start === undefined && position === undefined;
      if (!isApart) {
        start ??= position;
        entries.push(entry);
      }
      position = endOf(entry);
      if (isApart) return [entry];
      if (position !== undefined) end = { position, count: entries.length };
      return position !== undefined && entries.length >= MAX_ENTRIES ? finish() : NOTHING;
    },
    skip: (entry) => void (position = endOf(entry)),
    end: finish,
  };
}

/** Where the content of a file ends, with its padding. */
function endOf(entry: LayerEntry): number | undefined {
  if (entry.kind !== 'node' || entry.node.content?.kind !== 'layer') return undefined;
  return entry.node.content.offset + Math.ceil(entry.node.size / BLOCK) * BLOCK;
}
