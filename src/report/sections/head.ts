// The head of the page: what was built, what came of it, and the figures that one looks for first.
import { markup, type Html } from '../html.js';
import type { ReportData, ReportStep } from '../report-data.js';
import { bytes, count, duration, moment, share } from '../words.js';

export const STATUS = {
  done: 'succeeded',
  error: 'failed',
  canceled: 'was interrupted',
  unfinished: 'has not ended',
} as const;

/** Names of what was built; without any the context. */
export function subjectOf({ build, pushed }: ReportData): string {
  const names = [...new Set([...build.tags, ...pushed.map(({ name }) => name)])];
  return names[0] ?? build.context;
}

export function head(data: ReportData): Html {
  const { build } = data;
  return markup`<header>
<p class="kind">Build report</p>
<h1>${subjectOf(data)} <span class="status ${build.status}">${STATUS[build.status]}</span></h1>
<dl class="figures">
${figures(data).map(
  ([
    title,
    value,
    more,
  ]) => markup`<div><dt>${title}</dt><dd>${value}${more !== undefined && markup` <span class="more">${more}</span>`}</dd></div>
`,
)}</dl>
<dl class="facts">
${facts(data).map(
  ([title, values]) => markup`<div><dt>${title}</dt>${values.map((value) => markup`<dd>${value}</dd>`)}</div>
`,
)}</dl>
</header>`;
}

type Figure = readonly [title: string, value: string, more?: string];

function figures({ build, steps, images, warnings }: ReportData): readonly Figure[] {
  const own = steps.filter(({ isInstruction, name }) => isInstruction && !/^\[[^\]]*\] FROM /.test(name));
  const of = (outcome: ReportStep['outcome']): number =>
    own.filter((step) => step.outcome === outcome).length;
  const [ran, cached, failed] = [of('ran'), of('cached'), of('failed')];
  const contents = images.flatMap((image) => image.contents ?? []);
  const [size, wasted] = [
    contents.reduce((sum, one) => sum + one.size, 0),
    contents.reduce((sum, one) => sum + one.wastedBytes, 0),
  ];
  return [
    ...(build.duration === undefined ? [] : [['Time', duration(build.duration)] as const]),
    ['Steps that ran', String(ran + failed), failed > 0 ? `${failed} failed` : undefined] as Figure,
    ['From a cache', String(cached), share(cached, ran + failed + cached)],
    ...(contents.length > 0
      ? [
          [
            'Files in the image',
            bytes(size),
            images.length > 1 ? `${images.length} platforms` : undefined,
          ] as Figure,
          ['Wasted', bytes(wasted), share(wasted, size + wasted)] as Figure,
        ]
      : []),
    ['Warnings', String(warnings.length)],
  ];
}

type Fact = readonly [title: string, values: readonly string[]];

function facts({ build, images, notes }: ReportData): readonly Fact[] {
  const rows: readonly Fact[] = [
    ['Names', build.tags],
    ['Digest', build.digest === undefined ? [] : [build.digest]],
    ['Platforms', images.map(({ platform }) => platform)],
    ['Context', [build.context]],
    ['Dockerfile', build.dockerfile === undefined ? [] : [build.dockerfile]],
    ['Target', build.target === undefined ? [] : [build.target]],
    ['Began', [moment(build.started)]],
    ['Build', [build.id]],
    [count(notes.length, 'Note'), notes],
  ];
  return rows.filter(([, values]) => values.length > 0);
}
