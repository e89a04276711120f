// Golden pages: fixtures/report/*.html. UPDATE_GOLDEN=1 rewrites them.
import test from 'ava';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { reportPage } from '../../../src/report/page.js';
import type { ReportData } from '../../../src/report/report-data.js';
import { STYLE } from '../../../src/report/style.js';
import { failedBuild, smallBuild } from '../../support/report-data.js';

const isUpdate = process.env['UPDATE_GOLDEN'] === '1';
if (isUpdate && process.env['CI'])
  throw new Error('UPDATE_GOLDEN is refused in CI: pages are rewritten by hand and reviewed');

/** The style is read in its own file. */
function withoutStyle(page: string): string {
  return page.replace(STYLE, '').replace(/'sha256-[^']+'/, "'sha256-'");
}

const PAGES: Readonly<Record<string, () => ReportData>> = { small: smallBuild, failed: failedBuild };

for (const [name, data] of Object.entries(PAGES)) {
  test(`golden: ${name}`, (t) => {
    const file = `fixtures/report/${name}.html`;
    const page = withoutStyle(reportPage(data()));
    if (isUpdate) writeFileSync(file, page);
    t.is(page, readFileSync(file, 'utf8'));
  });
}

test('the page allows its own style and nothing else', (t) => {
  const page = reportPage(smallBuild());
  const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  t.is(
    policy.replaceAll('&#39;', "'"),
    `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`,
  );
  t.notRegex(page, /<script|style="|\son\w+="|javascript:/i);
  t.notRegex(page.replaceAll('href="https://docs.docker.com/', 'href="#'), /(src|href)="(?!#|data:,")[^"]/);
});

test('an empty build has a page too', (t) => {
  const { build } = smallBuild();
  const nothing = {
    stages: [],
    steps: [],
    criticalPath: [],
    images: [],
    warnings: [],
    notes: [],
    pushed: [],
  };
  const page = reportPage({ ...nothing, build: { ...build, tags: [], status: 'canceled' } });
  t.true(page.includes('The build ended before its first step.'));
  t.true(page.includes('No image was made.'));
  t.regex(page, /<title>\/home\/me\/app was interrupted: build report<\/title>/);
});

test('images of several platforms have a part each, with ids of their own', (t) => {
  const data = smallBuild();
  const [image] = data.images;
  const page = reportPage({ ...data, images: [image!, { ...image!, platform: 'linux/arm64' }] });
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  t.is(new Set(ids).size, ids.length);
  t.regex(page, /<h3>linux\/arm64<\/h3>/);
  for (const [, label = ''] of page.matchAll(/aria-labelledby="([^"]+)"/g))
    for (const id of label.split(' ')) t.true(ids.includes(id), id);
});

test('an image whose layers are not in the store has its layers, and no files', (t) => {
  const data = smallBuild();
  const [image] = data.images;
  const { contents: _contents, ...known } = image!;
  const page = reportPage({ ...data, images: [known] });
  t.true(page.includes('Not all of these layers are in the store'));
  t.false(page.includes('id="files"'));
  t.regex(page, /RUN make/);
});
