// To which class each blob of the store belongs, with its index. Pure. A blob has one class: that of the strongest that
// refers to it. A name of an image, or a container of it, is stronger than a step, a step than a base, a base than a
// compressed form.
import type { References } from './references.js';

export interface BlobUse {
  readonly class: 'images' | 'build-cache' | 'bases' | 'compressed' | 'other';
  readonly description: string;
  /** Names of the images and containers that hold it, for `images`. */
  readonly names: readonly string[];
}

/**
 * Asks by the hex of a digest. An uncompressed layer of a base can be made again out of the blob, so no name holds it.
 */
export function blobUses({
  images,
  containers,
  bases,
  records,
  forms,
}: References): (hex: string) => BlobUse {
  const held = groups(
    [...images, ...containers].flatMap(({ name, blobs }) => [...blobs].map((hex) => [hex, name] as const)),
  );
  const steps = new Map(records.map(({ diffId, description }) => [diffId, description]));
  const ofBases = groups(
    [...bases, ...images].flatMap(({ name, blobs, diffIds }) =>
      [...blobs, ...diffIds].map((hex) => [hex, name] as const),
    ),
  );
  const compressed = new Map(
    forms.map(({ blob, kind, diffId }) => [blob, `${kind} of ${diffId.slice(0, 12)}`]),
  );
  return (hex) => {
    const names = held.get(hex) ?? [];
    if (names.length > 0) return { class: 'images', description: names.join(', '), names };
    const step = steps.get(hex);
    if (step !== undefined) return { class: 'build-cache', description: step, names };
    const base = ofBases.get(hex);
    if (base) return { class: 'bases', description: `of ${base.join(', ')}`, names };
    const form = compressed.get(hex);
    if (form !== undefined) return { class: 'compressed', description: form, names };
    return { class: 'other', description: 'in no image, step or base', names };
  };
}

function groups(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const [key, value] of pairs) {
    const group = grouped.get(key);
    if (!group) grouped.set(key, [value]);
    else if (!group.includes(value)) group.push(value);
  }
  return grouped;
}
