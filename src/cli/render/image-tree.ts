// What `tsbuild tree` prints: sizes, shares and names, the larger first. Pure.
import type { DirectorySize, ImageContents } from '../../index.js';
import { cutLine } from './cut-line.js';
import { formatSize } from './size-and-age.js';
import { renderTable, type TableStyle } from './table.js';

export interface TreeView {
  /** As the user calls it. */
  readonly image: string;
  readonly isByName: boolean;
  /** Nothing is summed up. */
  readonly areAllShown: boolean;
  readonly style: TableStyle;
}

interface Row {
  readonly size: number;
  /** With the lines that lead to it. */
  readonly name: string;
}

/** Ends with a newline. */
export function renderTree(contents: ImageContents, view: TreeView): string {
  const { root, wastedBytes, layers, size } = contents;
  const { style } = view;
  const top = { size: root.size, name: `/${root.name}${root.name === '' || root.isFile ? '' : '/'}` };
  const rows = [top, ...rowsBelow(root, '', view)];
  const lines = rows.map((row) => cutLine(lineOf(row, root.size), style));
  const largest = root.isFile ? '' : `\n${largestOf(contents, style)}`;
  const waste =
    wastedBytes === 0 ? '' : `, ${formatSize(wastedBytes)} of them wasted (see tsbuild tree --wasted)`;
  const sum = `${formatSize(size + wastedBytes)} in ${layers.length} layer${layers.length === 1 ? '' : 's'}${waste}`;
  return `${lines.join('')}${largest}\n${sum}\n`;
}

function lineOf({ size, name }: Row, whole: number): string {
  const share = whole === 0 ? 100 : (100 * size) / whole;
  return `${formatSize(size).padStart(7)} ${share.toFixed(share < 10 ? 1 : 0).padStart(4)}%  ${name}`;
}

function rowsBelow(directory: DirectorySize, lead: string, view: TreeView): readonly Row[] {
  const children = view.isByName ? directory.children.toSorted(byName) : directory.children;
  const rest = restOf(directory);
  const shown = children.length > 0 && rest ? [...children, rest] : children;
  return shown.flatMap((child, i) => {
    const isLast = i === shown.length - 1;
    const isFolder = child !== rest && !child.isFile;
    const row = {
      size: child.size,
      name: `${lead}${isLast ? '└─ ' : '├─ '}${child.name}${isFolder ? '/' : ''}`,
    };
    return [row, ...rowsBelow(child, `${lead}${isLast ? '   ' : '│  '}`, view)];
  });
}

/** What is too small to be shown. */
function restOf({ size, files, children }: DirectorySize): DirectorySize | undefined {
  const smaller = files - children.reduce((sum, child) => sum + child.files, 0);
  const bytes = size - children.reduce((sum, child) => sum + child.size, 0);
  if (smaller === 0) return undefined;
  return {
    name: `… ${smaller} smaller file${smaller === 1 ? '' : 's'}`,
    size: bytes,
    files: smaller,
    children: [],
  };
}

function byName(a: DirectorySize, b: DirectorySize): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function largestOf({ largestFiles }: ImageContents, style: TableStyle): string {
  return renderTable(
    [
      { title: 'SIZE', text: ({ size }) => formatSize(size), isRight: true },
      { title: 'LAYER', text: ({ layer }) => String(layer + 1), isRight: true },
      { title: 'LARGEST FILES', text: ({ path }) => `/${path}`, isCut: true },
    ],
    largestFiles,
    style,
  );
}
