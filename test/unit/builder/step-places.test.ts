// Where steps stand: the same after an edit elsewhere in the file, another for each step of one file.
import test from 'ava';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stepPlaces } from '../../../src/builder/step-places.js';
import { planBuild } from '../../../src/builder/planning/plan-build.js';
import type { PlanTools } from '../../../src/builder/build-tools.js';
import { canonicalJson } from '../../../src/core/canonical-json.js';
import { parseDockerfile } from '../../../src/parser/parse-dockerfile.js';
import { builder } from '../../support/in-process-build.js';

const PLATFORM = { os: 'linux', architecture: 'amd64' };

/** The places of the steps of a file, in their order. */
async function placesOf(text: string, platform = PLATFORM): Promise<string[]> {
  const tools = {
    now: () => 0,
    signal: new AbortController().signal,
    request: { context: '.' },
    contexts: { names: new Set<string>() },
    buildPlatform: platform,
    targetPlatform: platform,
  };
  const plan = await planBuild(tools as unknown as PlanTools, parseDockerfile(text, 'Dockerfile'));
  return [...plan.stages.values()].flatMap((stage) =>
    [...stepPlaces(plan, stage).values()].map(canonicalJson),
  );
}

const FILE =
  'FROM scratch AS a\nCOPY x /\nCOPY <<E /h\none\nE\nFROM scratch AS b\nCOPY --from=a x /\nADD y z /d/\n';

for (const [words, edited] of [
  ['an instruction before', FILE.replace('COPY x', 'WORKDIR /\nENV A=b\nCOPY x')],
  ['a step before and one behind', FILE.replace('COPY x /\n', 'WORKDIR /w\nCOPY x /\nWORKDIR /v\n')],
  ['another text in a heredoc', FILE.replace('one', 'two')],
  [
    'another stage before',
    `FROM scratch AS other\nWORKDIR /q\n${FILE.replace('AS b\n', 'AS b\nCOPY --from=other q /q\n')}`,
  ],
] as const)
  test(`the places are the same after an edit: ${words}`, async (t) => {
    const [before, after] = [await placesOf(FILE), await placesOf(edited)];
    t.is(before.length, 4);
    t.deepEqual(
      before.filter((place) => !after.includes(place)),
      [],
    );
  });

for (const [words, text] of [
  ['sources', 'COPY x /\nCOPY y /\nCOPY x y /\n'],
  ['destinations', 'COPY x /a\nCOPY x /b\nWORKDIR /w\nCOPY x ./\nWORKDIR /v\nCOPY x ./\n'],
  [
    'flags',
    'COPY x /\nCOPY --chmod=700 x /\nCOPY --chown=1 x /\nCOPY --link x /\nCOPY --parents x /\nCOPY --exclude=y x /\n',
  ],
  ['instructions', 'COPY x /\nADD x /\nADD --unpack=false x /\n'],
  ['nothing', 'COPY x /\nCOPY x /\nCOPY x /\n'],
  ['heredocs', 'COPY <<A /\nA\nCOPY <<B /\nB\n'],
  ['commands', 'RUN a\nRUN b\nRUN ["a"]\nRUN a\n'],
] as const)
  test(`steps that differ in ${words} have a place each`, async (t) => {
    const places = await placesOf(`FROM scratch\n${text}FROM scratch AS last\nCOPY --from=0 x /\n${text}`);
    t.is(new Set(places).size, places.length);
    t.is(places.length, 2 * (text.match(/^(COPY|ADD|WORKDIR|RUN)/gm)?.length ?? 0) + 1);
  });

test('a RUN keeps its place whatever it runs with', async (t) => {
  const [plain] = await placesOf('FROM scratch\nRUN a\n');
  const given = 'ENV A=1\nUSER u\nRUN --mount=type=tmpfs,target=/t --network=none a\n';
  t.deepEqual(await placesOf(`FROM scratch\n${given}`), [plain]);
});

test('platforms have places of their own', async (t) => {
  const arm = await placesOf('FROM scratch\nCOPY x /\n', { os: 'linux', architecture: 'arm64' });
  t.notDeepEqual(arm, await placesOf('FROM scratch\nCOPY x /\n'));
});

test('a build finds the layer of a COPY again behind a new instruction', async (t) => {
  const b = builder(t);
  b.write({ x: '1' });
  const places = (): string[] =>
    readdirSync(join(b.store, 'v1', 'last'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  await b.build({ dockerfileText: 'FROM scratch\nCOPY x /\n' });
  const before = places();
  b.write({ x: '2' });
  await b.build({ dockerfileText: 'FROM scratch\nWORKDIR /w\nCOPY x /\n' });
  t.is(before.length, 1);
  t.is(places().length, 2);
  t.true(places().includes(before[0]!));
});
