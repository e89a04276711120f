// The stages and what each needs: a picture, and a table that says the same.
import type { StageRef } from '../../core/events.js';
import { BOX, layOutStages, type Edge, type PlacedStage } from '../graph-layout.js';
import { markup, type Html } from '../html.js';
import type { ReportData, ReportStep } from '../report-data.js';
import { count, cut, duration } from '../words.js';
import { DIAMOND, limits } from './mark.js';

/** Stages of a picture; of more the table is clearer. */
const MOST_STAGES = 40;

interface Summary {
  readonly stage: StageRef;
  readonly time: number;
  readonly cached: number;
  readonly isFailed: boolean;
  readonly isCritical: boolean;
}

/** Nothing when no stage is known. */
export function stages(data: ReportData): Html | undefined {
  if (data.stages.length === 0) return undefined;
  const summaries = summariesOf(data);
  const isDrawn = data.stages.length > 1 && data.stages.length <= MOST_STAGES;
  return markup`<section id="stages" aria-labelledby="stages-title">
<h2 id="stages-title">Stages</h2>
${isDrawn && picture(data.stages, summaries)}${table(data.stages, summaries)}
</section>`;
}

function summariesOf({ stages: all, steps, criticalPath }: ReportData): ReadonlyMap<string, Summary> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const critical = new Set(criticalPath.map(({ id }) => id));
  return new Map(
    all.map((stage) => {
      const own = stage.steps.flatMap(({ id }) => byId.get(id) ?? []);
      return [
        stage.id,
        {
          stage,
          time: own.reduce((sum, step) => sum + timeOf(step), 0),
          cached: own.filter(({ outcome }) => outcome === 'cached').length,
          isFailed: own.some(({ outcome }) => outcome === 'failed'),
          isCritical: own.some(({ id }) => critical.has(id)),
        },
      ];
    }),
  );
}

function timeOf({ start = 0, end = start }: ReportStep): number {
  return end - start;
}

function picture(all: readonly StageRef[], summaries: ReadonlyMap<string, Summary>): Html {
  const { width, height, stages: placed, edges } = layOutStages(all);
  return markup`<figure class="scroll" tabindex="0" role="region" aria-label="Picture of the stages">
<svg class="graph" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="graph-title graph-desc">
<title id="graph-title">Stages and what they need</title>
<desc id="graph-desc">${placed.map(({ stage }) => sentence(stage, all)).join(' ')}</desc>
<g aria-hidden="true">
${edges.map(edge)}${placed.map((one) => box(one, summaries.get(one.stage.id)!))}</g>
</svg>
<figcaption>An arrow goes from a stage to the one that needs it: a line when that starts from it, dashes when that takes files of it. ${DIAMOND} marks stages that limited the build.</figcaption>
</figure>
`;
}

function sentence({ name, base, needs }: StageRef, all: readonly StageRef[]): string {
  const others = namesOf(needs, all);
  return `${name} starts from ${base}${others.length > 0 ? ` and needs ${others.join(', ')}` : ''}.`;
}

function edge({ from, to, kind }: Edge): Html {
  const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
  const [x2, y2] = [to.x - 5, to.y + BOX.height / 2];
  const bend = Math.max(20, (x2 - x1) / 2);
  const path = `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
  return markup`<path class="edge ${kind}" d="${path}"/><path class="tip" d="M${to.x},${y2} l-7,-4 v8 z"/>
`;
}

function box({ stage, x, y }: PlacedStage, { time, cached, isFailed, isCritical }: Summary): Html {
  const state = `${isFailed ? ' failed' : ''}${isCritical ? ' critical' : ''}`;
  const told = [
    count(stage.steps.length, 'step'),
    cached > 0 && `${cached} cached`,
    isFailed ? 'failed' : duration(time),
  ].filter((part) => part !== false);
  return markup`<g class="box${state}" transform="translate(${x},${y})"><rect width="${BOX.width}" height="${BOX.height}" rx="6"/><text class="title" x="10" y="20">${isCritical && `${DIAMOND} `}${cut(stage.name, 21)}</text><text x="10" y="37">${cut(`from ${shortBase(stage.base)}`, 26)}</text><text x="10" y="53">${told.join(' · ')}</text></g>
`;
}

/** Without what images of Docker Hub have in common. */
function shortBase(base: string): string {
  return base.replace(/^docker\.io\/(library\/)?/, '').replace(/@sha256:.*$/, '');
}

function table(all: readonly StageRef[], summaries: ReadonlyMap<string, Summary>): Html {
  return markup`<div class="scroll" tabindex="0" role="region" aria-labelledby="stages-caption">
<table>
<caption id="stages-caption">${count(all.length, 'stage')} that the target needs</caption>
<thead><tr><th scope="col">Stage</th><th scope="col">Starts from</th><th scope="col">Takes files of</th><th scope="col" class="number">Line</th><th scope="col" class="number">Steps</th><th scope="col" class="number">Cached</th><th scope="col" class="number">Time</th></tr></thead>
<tbody>
${all.map((stage) => row(stage, all, summaries.get(stage.id)!))}</tbody>
</table>
</div>`;
}

function row(
  stage: StageRef,
  all: readonly StageRef[],
  { time, cached, isFailed, isCritical }: Summary,
): Html {
  const needs = stage.steps.flatMap((step) => step.needs ?? []);
  return markup`<tr><th scope="row">${isCritical && limits()}${stage.name} <span class="more">${stage.platform}</span>${isFailed && markup` <span class="outcome bad">failed</span>`}</th><td>${stage.base}</td><td>${namesOf([...new Set(needs)], all).join(', ')}</td><td class="number">${stage.line}</td><td class="number">${stage.steps.length}</td><td class="number">${cached}</td><td class="number">${duration(time)}</td></tr>
`;
}

function namesOf(ids: readonly string[], all: readonly StageRef[]): readonly string[] {
  return ids.flatMap((id) => all.find((stage) => stage.id === id)?.name ?? []);
}
