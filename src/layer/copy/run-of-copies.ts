// Entries that stand one behind the other in the tar of an earlier layer. Where a tar has its headers is not in the index, but where a content
// ends is: so a run begins behind a file and ends with one.
import type { DiffId } from '../../core/digest.js';
import type { LayerEntry, NodeEntry } from '../entry.js';
import type { TarEntry } from '../tar/copied-entries.js';
import { BLOCK } from '../tar/header-fields.js';

/** The event loop runs between two runs. */
const MAX_ENTRIES = 500;

export interface RunOfCopies {
  /** Takes the next entry of the earlier layer; gives what cannot wait. */
  add(entry: NodeEntry): Iterable<TarEntry>;
  /** The next entry of the earlier layer is not taken over. The run must have ended. */
  skip(entry: LayerEntry): void;
  /** Gives all that was added. */
  end(): Iterable<TarEntry>;
}

export function createRunOfCopies(diffId: DiffId): RunOfCopies {
  /** Where the next entry begins; undefined behind one that has no content. */
  let position: number | undefined = 0;
  let start: number | undefined;
  let entries: NodeEntry[] = [];
  /** Of the entries up to the last file. */
  let end = { position: 0, count: 0 };

  function* finish(): Generator<TarEntry, void> {
    const copied = entries.slice(0, end.count);
    const others = entries.slice(end.count);
    if (start !== undefined && copied.length > 0)
      yield { kind: 'copied', diffId, start, end: end.position, entries: copied };
    yield* others;
    start = undefined;
    entries = [];
    end = { position: 0, count: 0 };
  }

  return {
    *add(entry) {
      if (start === undefined && position === undefined) yield entry;
      else {
        start ??= position;
        entries.push(entry);
      }
      position = endOf(entry);
      if (position === undefined || start === undefined) return;
      end = { position, count: entries.length };
      if (entries.length >= MAX_ENTRIES) yield* finish();
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
