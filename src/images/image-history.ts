// The steps an image was made of, as `docker history` lists them: the last one first. Pure.
import type { Digest } from '../core/digest.js';
import type { Image } from './image.js';

export interface HistoryRow {
  /** Of the image, on its last step alone: steps below have no image of their own. */
  readonly id?: Digest;
  /** RFC 3339. */
  readonly created?: string;
  readonly createdBy: string;
  /** Bytes of the layer as it lies in the store; 0 for a step that made none. */
  readonly size: number;
  readonly comment: string;
}

/** Layers that the history does not tell of come at the end, without words. */
export function historyOf({ config, configDigest, layers }: Image): readonly HistoryRow[] {
  const sizes = layers.map(({ descriptor }) => descriptor.size);
  const rows = (config.history ?? []).map(
    ({ created, created_by: createdBy = '', comment = '', empty_layer: isEmpty }): HistoryRow => ({
      ...(created !== undefined && { created }),
      createdBy,
      comment,
      size: isEmpty ? 0 : (sizes.shift() ?? 0),
    }),
  );
  const untold = sizes.map((size): HistoryRow => ({ createdBy: '', comment: '', size }));
  return [...rows, ...untold].toReversed().map((row, i) => (i === 0 ? { id: configDigest, ...row } : row));
}

/** The instruction of each layer, bottom first; empty for one that the history does not tell of. */
export function layerInstructions({ config, layers }: Pick<Image, 'config' | 'layers'>): readonly string[] {
  const told = (config.history ?? []).filter(({ empty_layer: isEmpty }) => !isEmpty);
  return layers.map((_, place) => told[place]?.created_by ?? '');
}
