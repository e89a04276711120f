// How much of the store each named image has to itself, and how much it shares with other names. Pure.
import type { ImageUsage } from './item.js';
import type { References } from './references.js';

/** @param sizes bytes of the blobs that are here; an image may have others, which were never fetched */
export function imageUsages(
  { images }: Pick<References, 'images'>,
  sizes: ReadonlyMap<string, number>,
): ImageUsage[] {
  const holders = new Map<string, number>();
  for (const { blobs } of images) for (const hex of blobs) holders.set(hex, (holders.get(hex) ?? 0) + 1);
  return images.map(({ name, blobs }) => {
    let [uniqueBytes, sharedBytes] = [0, 0];
    for (const hex of blobs) {
      const bytes = sizes.get(hex) ?? 0;
      if (holders.get(hex) === 1) uniqueBytes += bytes;
      else sharedBytes += bytes;
    }
    return { name, uniqueBytes, sharedBytes };
  });
}
