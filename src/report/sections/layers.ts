// The layers of the images: the instruction that made each, its size, and how many files it changed.
import type { LayerContents } from '../../image-contents/image-contents.js';
import { markup, type Html } from '../html.js';
import type { ReportData, ReportImage } from '../report-data.js';
import { bytes, count, cut, instruction, share } from '../words.js';

const LONGEST = 160;
const LONGEST_DETAIL = 8000;

export function layers({ images, build }: ReportData): Html {
  return markup`<section id="layers" aria-labelledby="layers-title">
<h2 id="layers-title">Layers</h2>
${
  images.length > 0
    ? images.map((image, place) => imageLayers(image, place, images.length > 1))
    : markup`<p>${build.status === 'done' ? 'The log of this build does not tell of its image.' : 'No image was made.'}</p>
`
}</section>`;
}

function imageLayers(image: ReportImage, place: number, isOneOfMany: boolean): Html {
  const { contents, platform, layers: all } = image;
  const sum = all.reduce((total, { size }) => total + size, 0);
  return markup`${
    isOneOfMany &&
    markup`<h3>${platform}</h3>
`
  }${
    contents === undefined &&
    markup`<p>Not all of these layers are in the store, so their files are not known.</p>
`
  }<div class="scroll" tabindex="0" role="region" aria-labelledby="layers-caption-${place}">
<table class="layers">
<caption id="layers-caption-${place}">${count(all.length, 'layer')} of ${image.digest}, ${bytes(sum)} in the store, the lowest first</caption>
<thead><tr><th scope="col" class="number">No.</th><th scope="col">Instruction</th><th scope="col" class="number">Stored</th>${contents && markup`<th scope="col" class="number">Files</th><th scope="col" class="number">Added</th><th scope="col" class="number">Changed</th><th scope="col" class="number">Deleted</th>`}</tr></thead>
<tbody>
${all.map((layer, number) => row(layer, { number, sum, contents: contents?.layers[number] }))}</tbody>
</table>
</div>
`;
}

interface Known {
  readonly number: number;
  readonly sum: number;
  readonly contents: LayerContents | undefined;
}

function row(layer: ReportImage['layers'][number], { number, sum, contents }: Known): Html {
  const made = instruction(layer.createdBy);
  const wide = Math.max(0, Math.min(1000, Math.round((layer.size / Math.max(1, sum)) * 1000)));
  return markup`<tr><td class="number">${number + 1}</td><th scope="row"><span class="name">${cut(made, LONGEST) || 'not told by the image'}</span>
<svg class="bar" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="track" width="1000" height="8"/><rect class="work" width="${wide}" height="8"/></svg>
${
  made.length > LONGEST &&
  markup`<details><summary>whole instruction<span class="hidden"> of layer ${number + 1}</span></summary>
<pre class="command">${cut(made, LONGEST_DETAIL)}</pre></details>`
}</th><td class="number">${bytes(layer.size)} <span class="more">${share(layer.size, sum)}</span></td>${contents && markup`<td class="number">${bytes(contents.bytesAdded)}</td><td class="number">${contents.added}</td><td class="number">${contents.changed}</td><td class="number">${contents.deleted}</td>`}</tr>
`;
}
