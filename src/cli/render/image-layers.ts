// What `tsbuild tree --layers` and `--wasted` print. Pure.
import type { ImageContents, LayerChange, LayerContents } from '../../index.js';
import { cutLine } from './cut-line.js';
import type { TreeView } from './image-tree.js';
import { formatSize } from './size-and-age.js';
import { renderTable } from './table.js';

type View = Pick<TreeView, 'isByName' | 'areAllShown' | 'style'>;

/** Changes of a layer that are shown by themselves. */
const MOST = 20;
const LETTERS = { added: 'A', changed: 'C', deleted: 'D' } as const;

/** Ends with a newline. */
export function renderLayers({ layers }: ImageContents, view: View): string {
  if (layers.length === 0) return 'The image has no layers.\n';
  return layers.map((layer, place) => layerText(layer, place, view)).join('\n');
}

function layerText(layer: LayerContents, place: number, { isByName, areAllShown, style }: View): string {
  const { changes = [], bytesAdded, compressedSize } = layer;
  const sorted = isByName ? changes.toSorted((a, b) => (a.path < b.path ? -1 : 1)) : changes;
  const shown = areAllShown ? sorted : sorted.slice(0, MOST);
  const blob = compressedSize === undefined ? '' : ` (${formatSize(compressedSize)} compressed)`;
  const lines = [
    `${layerTitle(layer, place)}`,
    `  ${formatSize(bytesAdded)}${blob}: ${countsOf(layer)}`,
    ...shown.map(changeLine),
    ...restLine(sorted.slice(shown.length)),
  ];
  return lines.map((line, i) => (i === 0 ? titled(line, style) : cutLine(line, style))).join('');
}

function titled(line: string, style: TreeView['style']): string {
  const { paintTitles = (text: string) => text } = style;
  return `${paintTitles(cutLine(line, style).trimEnd())}\n`;
}

function layerTitle({ createdBy }: LayerContents, place: number): string {
  return `Layer ${place + 1}  ${createdBy.replaceAll(/\s+/g, ' ').trim()}`.trimEnd();
}

function countsOf({ added, changed, deleted }: LayerContents): string {
  const counts = [
    [added, 'added'],
    [changed, 'changed'],
    [deleted, 'deleted'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return told.length === 0 ? 'no file added, changed or deleted' : told.join(', ');
}

function changeLine({ kind, path, size, files }: LayerChange): string {
  const count = files === 1 ? '' : `  (${files} files)`;
  return `  ${LETTERS[kind]} ${formatSize(size).padStart(7)}  /${path}${count}`;
}

function restLine(rest: readonly LayerChange[]): readonly string[] {
  if (rest.length === 0) return [];
  return [`  … ${rest.length} more: --all shows them`];
}

/** Ends with a newline. */
export function renderWasted(
  { wasted, wastedFiles, wastedBytes, layers }: ImageContents,
  { style }: View,
): string {
  if (wastedFiles === 0)
    return 'No bytes are wasted: no layer replaces or deletes a file of a layer below.\n';
  const table = renderTable(
    [
      { title: 'SIZE', text: ({ size }) => formatSize(size), isRight: true },
      { title: 'WRITTEN BY', text: ({ layer }) => `layer ${layer + 1}` },
      { title: 'HIDDEN BY', text: ({ by, how }) => `layer ${by + 1}, ${how}` },
      { title: 'PATH', text: ({ path }) => `/${path}`, isCut: true },
    ],
    wasted,
    style,
  );
  const named = new Set(wasted.flatMap(({ layer, by }) => [layer, by]));
  const legend = layers
    .flatMap((layer, place) => (named.has(place) ? [cutLine(layerTitle(layer, place), style)] : []))
    .join('');
  const more = wastedFiles > wasted.length ? `, the largest ${wasted.length} of them above` : '';
  const files = `${wastedFiles} file${wastedFiles === 1 ? '' : 's'}`;
  return `${table}\n${legend}\n${formatSize(wastedBytes)} wasted in ${files}${more}\n`;
}
