// Which layers two images have in common. Pure.
import type { ComparedLayer, LayerDifferences } from './image-difference.js';

export function compareLayers(
  before: readonly ComparedLayer[],
  after: readonly ComparedLayer[],
): LayerDifferences {
  const own = without(before, after);
  return { shared: before.length - own.length, before: own, after: without(after, before) };
}

/** Those of the first list that the second one lacks; one that is there twice needs two. */
function without(layers: readonly ComparedLayer[], others: readonly ComparedLayer[]): ComparedLayer[] {
  const left = new Map<string, number>();
  for (const { diffId } of others) left.set(diffId, (left.get(diffId) ?? 0) + 1);
  return layers.filter(({ diffId }) => {
    const count = left.get(diffId) ?? 0;
    if (count > 0) left.set(diffId, count - 1);
    return count === 0;
  });
}
