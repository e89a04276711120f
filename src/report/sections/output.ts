// The last lines that a step has written, in a box that scrolls and that the keyboard reaches.
import { markup, type Html } from '../html.js';
import type { StepOutput } from '../report-data.js';
import { count, cut } from '../words.js';

/** @param label for those who do not see the box */
export function output({ lines, left }: StepOutput, label: string): Html {
  const more =
    left > 0 &&
    markup`<p class="more">${count(left, 'line')} before these:</p>
`;
  return markup`${more}<pre class="log" tabindex="0" role="region" aria-label="${cut(label, 120)}">${lines.join('\n')}</pre>`;
}
