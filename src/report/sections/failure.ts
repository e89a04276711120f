// Why a build failed: its message, how to mend it, and the last lines of the steps that failed.
import { markup, type Html } from '../html.js';
import type { ReportData, ReportStep } from '../report-data.js';
import { cut } from '../words.js';
import { output } from './output.js';

/** Characters of a message. */
const LONGEST = 4000;

/** Nothing for a build that did not fail. */
export function failure({ build, steps }: ReportData): Html | undefined {
  const { error } = build;
  if (!error) return undefined;
  const failed = steps.filter((step) => step.outcome === 'failed');
  return markup`<section id="failure" aria-labelledby="failure-title" class="failure">
<h2 id="failure-title">What failed</h2>
<p class="message">${cut(error.message, LONGEST)}</p>
${
  error.hint !== undefined &&
  markup`<p class="hint"><b>Hint:</b> ${error.hint}</p>
`
}${failed.map(failedStep)}<p class="more">Code ${error.code}. All of the log: <code>tsbuild logs --build ${build.id}</code></p>
</section>`;
}

function failedStep(step: ReportStep): Html {
  return markup`<h3>${step.name}</h3>
${
  step.lines &&
  markup`<p class="more">${linesOf(step.lines)} of the Dockerfile</p>
`
}${step.log ? output(step.log, `Last lines of ${step.name}`) : markup`<p class="more">It has written nothing.</p>`}
`;
}

/** `Line 3`, `Lines 3 to 5`. */
export function linesOf({ start, end }: NonNullable<ReportStep['lines']>): string {
  return start === end ? `Line ${start}` : `Lines ${start} to ${end}`;
}
