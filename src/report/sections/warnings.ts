// The warnings of a build, each with the lines of the Dockerfile that it is about.
import { markup, type Html } from '../html.js';
import type { ReportData, ReportWarning, WarningLocation } from '../report-data.js';
import { cut } from '../words.js';

const MOST_WARNINGS = 200;
const LONGEST = 2000;

export function warnings({ warnings: all, build }: ReportData): Html {
  const shown = all.slice(0, MOST_WARNINGS);
  return markup`<section id="warnings" aria-labelledby="warnings-title">
<h2 id="warnings-title">Warnings</h2>
${
  all.length === 0
    ? markup`<p>There are none.</p>
`
    : shown.map(warning)
}${
    all.length > shown.length &&
    markup`<p>${all.length - shown.length} more stand in the log: <code>tsbuild logs --build ${build.id}</code></p>
`
  }</section>`;
}

function warning({ rule, message, detail, url, location }: ReportWarning, place: number): Html {
  return markup`<article aria-labelledby="warning-${place}">
<h3 id="warning-${place}">${rule !== undefined && `${rule}: `}${cut(message, LONGEST)}</h3>
${
  (detail !== undefined || url !== undefined) &&
  markup`<p>${detail !== undefined && cut(detail, LONGEST)}${link(url, rule)}</p>
`
}${location && source(location)}</article>
`;
}

/** Links lead to pages of the web and to nothing else. */
function link(url: string | undefined, rule: string | undefined): Html | false {
  if (url === undefined || !/^https:\/\/[a-z0-9.-]+\//i.test(url)) return false;
  return markup` <a href="${url}" rel="noopener noreferrer">More on ${rule ?? 'it'}</a>`;
}

function source({ file, startLine, endLine, lines }: WarningLocation): Html {
  const where = `${file}, ${startLine === endLine ? `line ${startLine}` : `lines ${startLine} to ${endLine}`}`;
  if (lines.length === 0)
    return markup`<p class="more">${where}</p>
`;
  const width = String(lines.at(-1)!.number).length;
  return markup`<p class="more">${where}</p>
<pre class="source" tabindex="0" role="region" aria-label="${cut(where, 120)}">${lines.map(
    ({ number, text, isMeant }) => {
      const line = `${isMeant ? '>' : ' '} ${String(number).padStart(width)}  ${text}`;
      return markup`${isMeant ? markup`<mark>${line}</mark>` : line}
`;
    },
  )}</pre>
`;
}
