// The mark of what limited the build. It is a text for those who do not see it.
import { markup, type Html } from '../html.js';

// No literal of a template holds it: bundlers may not escape those, and the scripts are ASCII.
export const DIAMOND = '\u25c6';

export function limits(): Html {
  return markup`<span class="mark" aria-hidden="true">${DIAMOND}</span><span class="hidden">limits the build: </span>`;
}
