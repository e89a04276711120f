// What takes the room in the images: a treemap of directories, and tables of the largest directories and files.
import type { DirectorySize, FileSize, ImageContents } from '../../image-contents/image-contents.js';
import { markup, type Html } from '../html.js';
import type { ReportData, ReportImage } from '../report-data.js';
import { bytes, cut, share } from '../words.js';
import { picture } from './treemap-picture.js';

/** Rows of a table. */
const MOST_DIRECTORIES = 20;
const MOST_FILES = 20;
const LONGEST_PATH = 300;

/** Nothing when no contents are known. */
export function files({ images }: ReportData): Html | undefined {
  if (!images.some(({ contents }) => contents)) return undefined;
  return markup`<section id="files" aria-labelledby="files-title">
<h2 id="files-title">Files</h2>
${images.map((image, place) => imageFiles(image, place, images.length > 1))}</section>`;
}

function imageFiles({ contents, platform }: ReportImage, place: number, isOneOfMany: boolean): Html | false {
  if (!contents) return false;
  if (contents.size === 0)
    return markup`<p>${isOneOfMany && `${platform}: `}No file of the image has bytes.</p>
`;
  const level = isOneOfMany ? platform : '';
  return markup`${
    isOneOfMany &&
    markup`<h3>${platform}</h3>
`
  }${picture(contents, place, level)}${directories(contents, place)}${largest(contents, place)}`;
}

function directories({ root, size }: ImageContents, place: number): Html {
  const rows = paths(root).slice(0, MOST_DIRECTORIES);
  return markup`<div class="scroll" tabindex="0" role="region" aria-labelledby="directories-${place}">
<table>
<caption id="directories-${place}">The largest directories, with all that is in them</caption>
<thead><tr><th scope="col">Directory</th><th scope="col" class="number">Size</th><th scope="col" class="number">Share</th><th scope="col" class="number">Files</th></tr></thead>
<tbody>
${rows.map(
  ({
    path,
    directory,
  }) => markup`<tr><th scope="row" class="path">${cut(path, LONGEST_PATH)}</th><td class="number">${bytes(directory.size)}</td><td class="number">${share(directory.size, size)}</td><td class="number">${directory.files}</td></tr>
`,
)}</tbody>
</table>
</div>
`;
}

interface Placed {
  readonly path: string;
  readonly directory: DirectorySize;
}

/** Directories below the top, largest first. */
function paths(root: DirectorySize): readonly Placed[] {
  const found: Placed[] = [];
  const visit = (directory: DirectorySize, path: string): void => {
    for (const child of directory.children) {
      if (child.isFile) continue;
      const own = `${path}/${child.name}`;
      found.push({ path: own, directory: child });
      visit(child, own);
    }
  };
  visit(root, '');
  return found.toSorted((a, b) => b.directory.size - a.directory.size);
}

function largest({ largestFiles, size }: ImageContents, place: number): Html {
  return markup`<div class="scroll" tabindex="0" role="region" aria-labelledby="largest-${place}">
<table>
<caption id="largest-${place}">The largest files</caption>
<thead><tr><th scope="col">File</th><th scope="col" class="number">Size</th><th scope="col" class="number">Share</th><th scope="col" class="number">Layer</th></tr></thead>
<tbody>
${largestFiles.slice(0, MOST_FILES).map((file) => fileRow(file, size))}</tbody>
</table>
</div>
`;
}

function fileRow({ path, size, layer }: FileSize, whole: number): Html {
  return markup`<tr><th scope="row" class="path">/${cut(path, LONGEST_PATH)}</th><td class="number">${bytes(size)}</td><td class="number">${share(size, whole)}</td><td class="number">${layer + 1}</td></tr>
`;
}
