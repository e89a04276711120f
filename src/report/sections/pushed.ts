// What was pushed: names, digests, and how many bytes were sent.
import { markup, type Html } from '../html.js';
import type { PushedImage, ReportData } from '../report-data.js';
import { bytes, count } from '../words.js';

export function pushed({ pushed: all }: ReportData): Html {
  return markup`<section id="pushed" aria-labelledby="pushed-title">
<h2 id="pushed-title">Pushed</h2>
${
  all.length === 0
    ? markup`<p>Nothing was pushed.</p>
`
    : table(all)
}</section>`;
}

function table(all: readonly PushedImage[]): Html {
  return markup`<div class="scroll" tabindex="0" role="region" aria-labelledby="pushed-caption">
<table>
<caption id="pushed-caption">${count(all.length, 'name')}. What a registry had already was not sent; names that were pushed together share what was.</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Digest</th><th scope="col" class="number">Sent</th></tr></thead>
<tbody>
${all.map(
  ({
    name,
    digest,
    sent,
  }) => markup`<tr><th scope="row">${name}</th><td><code>${digest}</code></td><td class="number">${bytes(sent)}</td></tr>
`,
)}</tbody>
</table>
</div>
`;
}
