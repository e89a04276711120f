// What `tsbuild prune` prints.
import type { PruneResult } from '../../index.js';
import { formatBytes } from './format.js';
import { renderTable, type TableStyle } from './table.js';

export interface PrunedView {
  readonly isDryRun: boolean;
  readonly style: TableStyle;
}

/** Ends with a newline. Pure. */
export function renderPruned(result: PruneResult, { isDryRun, style }: PrunedView): string {
  const classes =
    result.freedByClass.length === 0
      ? ''
      : `${renderTable(
          [
            { title: 'CLASS', text: (row) => row.class },
            { title: 'ITEMS', text: (row) => String(row.count), isRight: true },
            { title: 'FREED', text: (row) => formatBytes(row.bytes), isRight: true },
            { title: 'WHAT', text: (row) => WHAT[row.class], isCut: true },
          ],
          result.freedByClass,
          style,
        )}\n`;
  const freed = `${isDryRun ? 'Would free' : 'Freed'}: ${formatBytes(result.freedBytes)}`;
  const left = `left: ${formatBytes(result.leftBytes)}, of which images and running builds hold ${formatBytes(result.heldBytes)}`;
  return `${classes}${freed}; ${left}\n`;
}

const WHAT: Readonly<Record<PruneResult['freedByClass'][number]['class'], string>> = {
  images: 'images',
  'build-cache': 'layers of steps; the steps are executed again',
  'cache-mounts': 'contents of RUN --mount=type=cache; steps fill them again',
  bases: 'layers of base images; fetched again',
  compressed: 'compressed forms of layers; compressed again for an output',
  trees: 'unpacked layers; unpacked again for a RUN',
  containers: 'stopped containers; gone',
  volumes: 'volumes of no container; gone',
  downloads: 'contents of URLs; downloaded again',
  other: 'notes, and what nothing refers to',
};
