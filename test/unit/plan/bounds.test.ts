// A Dockerfile costs its length: what its lists and values take is counted, so that nothing grows with their square, or
// without a bound.
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { parseDockerfile } from '../../../src/parser/parse-dockerfile.js';
import { evaluateGlobalArgs } from '../../../src/plan/global-args.js';
import { imageState, planStage, scratchState } from '../../../src/plan/plan-stage.js';
import type { PlanScope } from '../../../src/plan/scope.js';
import type { RunStep, StageOutcome } from '../../../src/plan/step.js';

const LINUX = { os: 'linux', architecture: 'amd64' };

function plan(
  text: string,
  { base = scratchState(LINUX), ...more }: Partial<PlanScope> & { base?: StageOutcome } = {},
) {
  const { escape, globalArgs, stages } = parseDockerfile(text, 'Dockerfile');
  const scope: PlanScope = {
    escape,
    buildArgs: {},
    globalArgs: evaluateGlobalArgs({ automatic: new Map(), globalArgs, buildArgs: {}, escape }),
    hostname: 'buildkitsandbox',
    network: 'default',
    allow: new Set(),
    isCacheIgnored: () => false,
    resolveSource: (reference) => ({ kind: 'image', reference }),
    refuseCopy: () => undefined,
    ...more,
  };
  const naming = { stageName: '', total: 9 };
  const stage = { index: 0, name: undefined, naming, triggers: [], isBaseUnknown: false, isBaseShown: false };
  return planStage(base, { ...stage, instructions: stages[0]!.instructions }, scope);
}

/** Calls of the methods by which lists grow, and the elements that they move. */
function countWork(work: () => unknown): number {
  let count = 0;
  const { set } = Map.prototype;
  const { splice, unshift, concat, with: withElement, filter, [Symbol.iterator]: iterator } = Array.prototype;
  const counted = function (this: Map<unknown, unknown>, ...args: [unknown, unknown]) {
    count++;
    return set.apply(this, args);
  };
  Object.assign(Map.prototype, { set: counted });
  const whole = (method: (...args: never[]) => unknown) =>
    function (this: unknown[], ...args: never[]) {
      count += this.length;
      return method.apply(this, args);
    };
  Object.assign(Array.prototype, {
    splice: whole(splice),
    unshift: whole(unshift),
    concat: whole(concat),
    with: whole(withElement),
    filter: whole(filter),
    // Spreading asks for it.
    [Symbol.iterator]: whole(iterator),
  });
  try {
    work();
    return count;
  } finally {
    Object.assign(Map.prototype, { set });
    Object.assign(Array.prototype, {
      splice,
      unshift,
      concat,
      with: withElement,
      filter,
      [Symbol.iterator]: iterator,
    });
  }
}

const lines = (count: number, line: (i: number) => string) =>
  `FROM scratch\n${Array.from({ length: count }, (_, i) => line(i)).join('')}`;

for (const [title, line] of [
  ['LABEL', (i: number) => `LABEL l${i}=x\n`],
  ['ENV', (i: number) => `ENV V${i}=$V${i - 1}\n`],
  ['ARG', (i: number) => `ARG V${i}=$V${i - 1}\n`],
  ['VOLUME', (i: number) => `VOLUME /v${i}\n`],
  ['EXPOSE', (i: number) => `EXPOSE ${i + 1}\n`],
  ['ONBUILD', (i: number) => `ONBUILD RUN ${i}\n`],
  ['COPY', (i: number) => `COPY a /f${i}\n`],
  ['heredocs', (i: number) => `COPY <<E /f${i}\nx\nE\n`],
  ['comments', () => '# c\n'],
] as const)
  test(`four times as many ${title} take about four times the work`, (t) => {
    const of = (count: number) => countWork(() => plan(`${lines(count, line)}RUN x\n`).history.length);
    const few = of(1000);
    const many = of(4000);
    t.true(many < 6 * Math.max(few, 1000), `${few} became ${many}`);
  });

test('four times the variables of a base image take about four times the work', (t) => {
  const of = (count: number) => {
    const Env = Array.from({ length: count }, (_, i) => `V${i}=x`);
    const image = {
      os: 'linux',
      architecture: 'amd64',
      config: { Env },
      rootfs: { type: 'layers' as const, diff_ids: [] },
    };
    return countWork(() => plan('FROM a\nENV V0=y Z=$V5\n', { base: imageState(image, LINUX) }));
  };
  t.true(of(40_000) < 6 * of(10_000));
});

test('a value that doubles with every line is refused at its line', (t) => {
  for (const keyword of ['ENV', 'ARG', 'LABEL']) {
    const doubling = Array.from({ length: 40 }, (_, i) => `ARG A${i + 1}=$A${i}$A${i}\n`);
    const text = keyword === 'LABEL' ? [...doubling.slice(0, 21), 'LABEL x=$A21\n'] : doubling;
    const body = text.map((line) => (keyword === 'ENV' ? line.replace('ARG', 'ENV') : line)).join('');
    const error = t.throws(() => plan(`FROM scratch\nARG A0=xxxxxxxxxxxxxxxx\n${body}`), {
      instanceOf: TsbuildError,
    });
    t.is(error.code, 'DOCKERFILE_EXPANSION');
    t.regex(error.message, /the value is longer than 16777216 characters$/);
    t.is(error.location?.startLine, 23);
  }
});

test('values in front of the first FROM, in heredocs and in replacements have the same bound', (t) => {
  const doubling = Array.from({ length: 20 }, (_, i) => `ARG A${i + 1}=$A${i}$A${i}\n`).join('');
  const message = /longer than 16777216 characters|too long to match/;
  t.throws(() => plan(`ARG A0=xxxxxxxxxxxxxxxx\n${doubling}ARG B=$A20$A20\nFROM scratch\n`), { message });
  const inStage = `FROM scratch\nARG A0=xxxxxxxxxxxxxxxx\n${doubling}`;
  t.throws(() => plan(`${inStage}COPY <<E /f\n$A20$A20\nE\n`), { message });
  t.throws(() => plan(`${inStage}ENV B=\${A10//x/$A15}\n`), { message });
});

test('the texts of a build have a bound together', (t) => {
  const text = `FROM scratch\nARG A=${'x'.repeat(1000)}\n${'RUN y\n'.repeat(20)}`;
  t.is(plan(text).steps.length, 20);
  const error = t.throws(() => plan(text, { maxText: 10_000 }), { instanceOf: TsbuildError });
  t.is(error.code, 'DOCKERFILE_EXPANSION');
  t.is(error.location?.startLine, 11);
});

test('a RUN that is shown as text of megabytes is shown as written', (t) => {
  const doubling = Array.from({ length: 14 }, (_, i) => `ARG A${i + 1}=$A${i}$A${i}\n`).join('');
  const { steps } = plan(`FROM scratch\nARG A0=xxxxxxxxxxxxxxxx\n${doubling}RUN echo $A14\n`);
  t.is(steps.at(-1)!.name, '[1/9] RUN echo $A14');
  t.true((steps.at(-1) as RunStep).env.includes(`A3=${'x'.repeat(128)}`));
});
