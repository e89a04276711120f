// Files whose bytes are in a layer although nobody sees them: a later layer replaces or deletes them.
import type { ImageContents, WastedFile } from '../../image-contents/image-contents.js';
import { markup, type Html } from '../html.js';
import type { ReportData, ReportImage } from '../report-data.js';
import { bytes, count, cut, share } from '../words.js';

const MOST_ROWS = 50;
const LONGEST_PATH = 300;

/** Nothing when no contents are known. */
export function wasted({ images }: ReportData): Html | undefined {
  if (!images.some(({ contents }) => contents)) return undefined;
  return markup`<section id="wasted" aria-labelledby="wasted-title">
<h2 id="wasted-title">Wasted bytes</h2>
<p>A file that a later layer replaces or deletes is stored and sent all the same. Write and delete it in one RUN, or copy less.</p>
${images.map((image, place) => imageWaste(image, place, images.length > 1))}</section>`;
}

function imageWaste({ contents, platform }: ReportImage, place: number, isOneOfMany: boolean): Html | false {
  if (!contents) return false;
  const title =
    isOneOfMany &&
    markup`<h3>${platform}</h3>
`;
  if (contents.wastedBytes === 0)
    return markup`${title}<p>Nothing is wasted.</p>
`;
  return markup`${title}${table(contents, place)}`;
}

function table({ wasted: rows, wastedFiles, wastedBytes, size }: ImageContents, place: number): Html {
  const shown = rows.slice(0, MOST_ROWS);
  const left = wastedBytes - shown.reduce((sum, file) => sum + file.size, 0);
  const others = wastedFiles - shown.length;
  return markup`<div class="scroll" tabindex="0" role="region" aria-labelledby="wasted-${place}">
<table>
<caption id="wasted-${place}">${bytes(wastedBytes)} in ${count(wastedFiles, 'file')}, ${share(wastedBytes, size + wastedBytes)} of all bytes of files</caption>
<thead><tr><th scope="col">File</th><th scope="col" class="number">Size</th><th scope="col" class="number">Written in layer</th><th scope="col">Lost</th></tr></thead>
<tbody>
${shown.map(row)}</tbody>${
    others > 0 &&
    markup`
<tfoot><tr><th scope="row">${count(others, 'more file')}</th><td class="number">${bytes(left)}</td><td></td><td></td></tr></tfoot>`
  }
</table>
</div>
`;
}

function row({ path, size, layer, by, how }: WastedFile): Html {
  return markup`<tr><th scope="row" class="path">/${cut(path, LONGEST_PATH)}</th><td class="number">${bytes(size)}</td><td class="number">${layer + 1}</td><td>${how} in layer ${by + 1}</td></tr>
`;
}
