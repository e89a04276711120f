// The steps in the order in which they began: each with a bar for when it ran, why it ran or where it came from, and
// what it has written. All bars have the scale of the build.
import { markup, type Html } from '../html.js';
import type { ReportData, ReportStep } from '../report-data.js';
import { count, cut, duration } from '../words.js';
import { linesOf } from './failure.js';
import { DIAMOND, limits } from './mark.js';
import { output } from './output.js';

/** Characters of a name that are shown; all of it stands in the details. */
const LONGEST_NAME = 160;
const LONGEST_DETAIL = 8000;
/** Of the steps that limited the build. */
const MOST_LONGEST = 3;
/** Units of a bar. */
const WIDTH = 1000;
/** A step of no time is seen all the same. */
const LEAST = 3;

const OUTCOMES = {
  ran: 'ran',
  cached: 'cached',
  failed: 'failed',
  canceled: 'stopped',
  running: 'did not end',
  waiting: 'did not begin',
} as const;

export function steps(data: ReportData): Html {
  const { steps: all, criticalPath } = data;
  if (all.length === 0)
    return markup`<section id="steps" aria-labelledby="steps-title">
<h2 id="steps-title">Steps</h2>
<p>The build ended before its first step.</p>
</section>`;
  const whole = wholeOf(data);
  const critical = new Set(criticalPath.map(({ id }) => id));
  return markup`<section id="steps" aria-labelledby="steps-title">
<h2 id="steps-title">Steps</h2>
${limit(data)}
<div class="scroll" tabindex="0" role="region" aria-labelledby="steps-caption">
<table class="steps">
<caption id="steps-caption">${count(all.length, 'step')} in the order of their beginnings. The bars span the ${duration(whole)} of the build.</caption>
<thead><tr><th scope="col">Step</th><th scope="col">Result</th><th scope="col" class="number">Time</th></tr></thead>
<tbody>
${all.map((step) => row(step, whole, critical.has(step.id)))}</tbody>
</table>
</div>
</section>`;
}

function wholeOf({ build, steps: all }: ReportData): number {
  return Math.max(build.duration ?? 0, ...all.map(({ start = 0, end = start }) => end), 0.001);
}

/** In words which steps limited the build. */
function limit({ steps: all, criticalPath }: ReportData): Html | undefined {
  const names = new Map(all.map(({ id, name }) => [id, name]));
  const longest = criticalPath
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, MOST_LONGEST)
    .filter(({ seconds }) => seconds > 0);
  if (longest.length === 0) return undefined;
  return markup`<p><span class="mark" aria-hidden="true">${DIAMOND}</span><span class="hidden">The note that a step limits the build</span> marks the ${count(criticalPath.length, 'step')} that waited for each other until the end: making another one faster makes the build no faster. Most of its time went to</p>
<ol class="longest">
${longest.map(
  ({
    id,
    seconds,
  }) => markup`<li><b class="number">${duration(seconds)}</b> ${cut(names.get(id) ?? id, LONGEST_NAME)}</li>
`,
)}</ol>`;
}

function row(step: ReportStep, whole: number, isCritical: boolean): Html {
  const { name, outcome, reasons, lines, start, end } = step;
  const told = [...reasons, ...(lines ? [linesOf(lines)] : [])];
  return markup`<tr class="${outcome}${isCritical ? ' critical' : ''}${step.isInstruction ? '' : ' internal'}">
<th scope="row">${isCritical && limits()}<span class="name">${cut(name, LONGEST_NAME)}</span>
${start !== undefined && bar(step, whole)}${
    told.length > 0 &&
    markup`<ul class="reasons">${told.map((reason) => markup`<li>${reason}</li>`)}</ul>
`
  }${details(step)}</th>
<td><span class="outcome">${OUTCOMES[outcome]}</span></td>
<td class="number">${start !== undefined && end !== undefined && duration(end - start)}${start !== undefined && markup` <span class="more">at ${duration(start)}</span>`}</td>
</tr>
`;
}

function bar({ start = 0, work, end = start }: ReportStep, whole: number): Html {
  const at = (time: number): number => Math.round((Math.min(time, whole) / whole) * WIDTH);
  const from = Math.min(at(start), WIDTH - LEAST);
  const begun = work === undefined ? from : Math.max(from, Math.min(at(work), WIDTH - LEAST));
  const wide = (to: number, since: number): number => Math.max(LEAST, to - since);
  return markup`<svg class="bar" viewBox="0 0 ${WIDTH} 8" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="track" width="${WIDTH}" height="8"/>${
    begun > from && markup`<rect class="wait" x="${from}" width="${begun - from}" height="8"/>`
  }<rect class="work" x="${begun}" width="${wide(at(end), begun)}" height="8"/></svg>
`;
}

/** What has no room in the row. */
function details({ name, log, outcome }: ReportStep): Html | undefined {
  const isCut = name.length > LONGEST_NAME;
  // What a step that failed has said stands at the top of the page.
  const isFailed = outcome === 'failed';
  const held = [isCut && 'the whole command', log && !isFailed && 'the last lines'];
  const title = held.filter((part) => typeof part === 'string').join(', ');
  const failed =
    isFailed &&
    markup`<p><a href="#failure">What failed</a></p>
`;
  if (title === '') return failed || undefined;
  return markup`${failed}<details>
<summary>${title}<span class="hidden"> of ${cut(name, 60)}</span></summary>
${
  isCut &&
  markup`<pre class="command">${cut(name, LONGEST_DETAIL)}</pre>
`
}${log && !isFailed && output(log, `Last lines of ${name}`)}</details>`;
}
