// The whole page: one file that loads nothing and runs nothing. Pure.
import { createHash } from 'node:crypto';
import { markup, literal, toText, type Html } from './html.js';
import type { ReportData } from './report-data.js';
import { failure } from './sections/failure.js';
import { files } from './sections/files.js';
import { head, STATUS, subjectOf } from './sections/head.js';
import { layers } from './sections/layers.js';
import { pushed } from './sections/pushed.js';
import { stages } from './sections/stages.js';
import { steps } from './sections/steps.js';
import { warnings } from './sections/warnings.js';
import { wasted } from './sections/wasted.js';
import { STYLE } from './style.js';
import { cut } from './words.js';

/** Characters of the title of the window. */
const LONGEST_TITLE = 120;

interface Section {
  readonly id: string;
  readonly title: string;
  readonly show: (data: ReportData) => Html | undefined;
}

const SECTIONS: readonly Section[] = [
  { id: 'failure', title: 'What failed', show: failure },
  { id: 'stages', title: 'Stages', show: stages },
  { id: 'steps', title: 'Steps', show: steps },
  { id: 'warnings', title: 'Warnings', show: warnings },
  { id: 'layers', title: 'Layers', show: layers },
  { id: 'files', title: 'Files', show: files },
  { id: 'wasted', title: 'Wasted bytes', show: wasted },
  { id: 'pushed', title: 'Pushed', show: pushed },
];

/** An HTML document. Equal data give equal pages. */
export function reportPage(data: ReportData): string {
  const shown = SECTIONS.flatMap(({ show, ...section }) => {
    const content = show(data);
    return content ? [{ ...section, content }] : [];
  });
  const title = `${cut(subjectOf(data), LONGEST_TITLE)} ${STATUS[data.build.status]}: build report`;
  return toText(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${literal(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
${head(data)}
<nav aria-label="Parts of the report"><ul>
${shown.map(
  ({ id, title: name }) => markup`<li><a href="#${id}">${name}</a></li>
`,
)}</ul></nav>
<main id="content" tabindex="-1">
${shown.map(
  ({ content }) => markup`${content}
`,
)}</main>
</body>
</html>
`);
}

/** Nothing may be loaded, run, sent or framed: the one style sheet is known by its hash. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
