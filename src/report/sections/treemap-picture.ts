// The treemap of an image as a picture: directories as boxes with their directories in them, four deep. The tables
// beside it say the same in words.
import type { DirectorySize, ImageContents } from '../../image-contents/image-contents.js';
import { markup, type Html } from '../html.js';
import { squarify, type Rectangle } from '../treemap.js';
import { bytes, count, cut, share } from '../words.js';

const AREA: Rectangle = { x: 0, y: 0, width: 960, height: 440 };
const DEEPEST = 4;
/** Height of the name of a box that has boxes in it. */
const TITLE = 18;
const PADDING = 3;
/** A box that is smaller in one direction shows nothing of what is in it. */
const LEAST_INSIDE = 26;
/** Width of a character, on average. */
const CHARACTER = 6.6;

/** What a box stands for. */
interface Item {
  readonly name: string;
  readonly size: number;
  readonly children: readonly DirectorySize[];
}

/** @param platform empty when the build has one */
export function picture(contents: ImageContents, place: number, platform: string): Html {
  const { root, size, files } = contents;
  const [first, second] = root.children;
  const words = [first, second].flatMap((child) =>
    child ? `/${child.name} has ${share(child.size, size)} of it.` : [],
  );
  return markup`<figure class="scroll" tabindex="0" role="region" aria-label="Picture of the sizes${platform && ` of ${platform}`}">
<svg class="treemap" viewBox="0 0 ${AREA.width} ${AREA.height}" role="img" aria-labelledby="treemap-title-${place} treemap-desc-${place}">
<title id="treemap-title-${place}">Sizes of directories${platform && ` of ${platform}`}</title>
<desc id="treemap-desc-${place}">${bytes(size)} in ${count(files, 'file')}. ${words.join(' ')} The table below names the largest directories.</desc>
<g aria-hidden="true">
${boxes(itemsOf(root), AREA, 1)}</g>
</svg>
<figcaption>${bytes(size)} in ${count(files, 'file')}: the larger a box, the more room its directory takes. The tables below have the same in figures.</figcaption>
</figure>
`;
}

/** The files of a directory itself, and what was too small for the tree, are one box. */
function itemsOf({ size, children }: DirectorySize): readonly Item[] {
  const rest = size - children.reduce((sum, child) => sum + child.size, 0);
  const others = rest > 0 && children.length > 0 ? [{ name: 'other files', size: rest, children: [] }] : [];
  return [...children, ...others].toSorted((a, b) => b.size - a.size);
}

function boxes(items: readonly Item[], area: Rectangle, depth: number): readonly Html[] {
  return squarify(items, ({ size }) => size, area).map(({ item, cell }) => box(item, cell, depth));
}

function box(item: Item, { x, y, width, height }: Rectangle, depth: number): Html {
  const isOpen =
    item.children.length > 0 && depth < DEEPEST && width > LEAST_INSIDE * 2 && height > TITLE + LEAST_INSIDE;
  const inside = {
    x: x + PADDING,
    y: y + TITLE,
    width: width - 2 * PADDING,
    height: height - TITLE - PADDING,
  };
  return markup`<rect class="cell depth${depth}" x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}"/>
${title(item, { x, y, width, height })}${isOpen && boxes(itemsOf({ ...item, files: 0 }), inside, depth + 1)}`;
}

/** The name, and the size when both have room. */
function title({ name, size }: Item, { x, y, width, height }: Rectangle): Html | undefined {
  const room = Math.floor((width - 10) / CHARACTER);
  if (height < TITLE - 2 || room < 3) return undefined;
  const amount = bytes(size);
  const both = `${name} ${amount}`;
  return markup`<text x="${tenth(x + 5)}" y="${tenth(y + 13)}">${cut(name, room)}${both.length <= room && markup` <tspan>${amount}</tspan>`}</text>
`;
}

function tenth(number: number): string {
  return String(Math.round(number * 10) / 10);
}
