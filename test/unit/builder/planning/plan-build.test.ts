// The plan of a whole file with bases that are at hand: names of steps as BuildKit shows them, and which images are
// asked for.
import test, { type ExecutionContext } from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import { planBuild, type PlanOptions } from '../../../../src/builder/planning/plan-build.js';
import type { PlanTools } from '../../../../src/builder/build-tools.js';
import { canonicalReference, parseReference } from '../../../../src/oci/reference.js';
import type { ContainerConfig } from '../../../../src/oci/types.js';
import { parseDockerfile } from '../../../../src/parser/parse-dockerfile.js';

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const LAYER = `sha256:${'a'.repeat(64)}`;

interface Bases {
  readonly config?: ContainerConfig;
  readonly layers?: readonly string[];
  /** Images that no registry has, or can be asked for. */
  readonly missing?: Readonly<Record<string, 'REGISTRY_NOT_FOUND' | 'REGISTRY_UNREACHABLE'>>;
}

/** All images are of one config; `asked` grows with their names. */
function toolsOf({ config = {}, layers = [LAYER], missing = {} }: Bases, asked: string[]): PlanTools {
  const resolveImage = async (text: string) => {
    const reference = canonicalReference(parseReference(text));
    asked.push(reference);
    const name = reference.replace(/^docker\.io\/library\/(.*):latest$/, '$1');
    const code = missing[name];
    if (code) throw new TsbuildError(code, `${name}: not to be had`);
    const rootfs = { type: 'layers', diff_ids: layers };
    return { layers: [], config: { ...PLATFORM, config, rootfs } };
  };
  const tools = {
    now: () => 0,
    signal: new AbortController().signal,
    request: { context: '.' },
    contexts: { names: new Set<string>() },
    buildPlatform: PLATFORM,
    targetPlatform: PLATFORM,
    resolveImage,
  };
  return tools as unknown as PlanTools;
}

async function plan(text: string, bases: Bases = {}, options: PlanOptions = {}) {
  const asked: string[] = [];
  const { stages } = await planBuild(toolsOf(bases, asked), parseDockerfile(text, 'Dockerfile'), options);
  const names = [...stages.values()].flatMap(({ state }) => state.steps.map(({ name }) => name));
  return { names, asked, stages };
}

const named = async (t: ExecutionContext, text: string, expected: readonly string[], bases: Bases = {}) =>
  t.deepEqual((await plan(text, bases)).names, expected, text);

test('the only stage of a file has no name, unless it takes files from an image or mounts something', async (t) => {
  await named(t, 'FROM busybox AS build\nRUN x\n', ['[2/2] RUN x']);
  await named(t, 'FROM scratch\nCOPY a /\n', ['[1/1] COPY a /']);
  await named(t, 'FROM busybox AS build\nCOPY --from=alpine a /\nRUN x\n', [
    '[build 2/3] COPY --from=alpine a /',
    '[build 3/3] RUN x',
  ]);
  await named(t, 'FROM busybox\nRUN --mount=type=tmpfs,target=/x y\n', [
    '[stage-0 2/2] RUN --mount=type=tmpfs,target=/x y',
  ]);
  await named(t, 'FROM busybox AS one\nFROM one\nRUN x\n', ['[stage-1 1/1] RUN x']);
});

test('a WORKDIR of the root is counted and not numbered, and each trigger counts', async (t) => {
  await named(t, 'FROM busybox\nWORKDIR /\nRUN x\nWORKDIR pty\n', ['[2/4] RUN x', '[3/4] WORKDIR pty']);
  const config = { OnBuild: ['ENV A=1', 'RUN y'] };
  await named(t, 'FROM busybox\nRUN x\n', ['[2/4] ONBUILD RUN y', '[3/4] RUN x'], { config });
  await named(t, 'FROM busybox\nRUN x\n', ['[1/2] RUN x'], { layers: [] });
});

test('names: first word in upper case, words of COPY as the shell sees them, RUN as written but for variables', async (t) => {
  const text = `FROM scratch
ENV A=one
cOpY $A x/$B "c" /z
COPY ["a b", "/c"]
copy --link $A /
COPY --link --chmod=600 a /
run\techo "$A" '\${B}' $C
RuN <<EOF
first $A
second
EOF
workdir "$A"
`;
  await named(t, text, [
    '[1/7] COPY one x/ c /z',
    '[2/7] COPY [a b, /c]',
    '[3/7] LINK COPY --link one /',
    '[4/7] COPY --link --chmod=600 a /',
    `[5/7] RUN\tECHO "one" '\${B}' $C`,
    '[6/7] RUN <<EOF (first one...)',
    '[7/7] WORKDIR one',
  ]);
});

test('images that files are copied or mounted from are asked for with the bases', async (t) => {
  const text = `FROM busybox AS base
FROM base AS unneeded
COPY --from=never x /
FROM base
COPY --from=alpine a /
RUN --mount=from=debian,target=/x y
`;
  const library = (name: string) => `docker.io/library/${name}:latest`;
  t.deepEqual((await plan(text)).asked.toSorted(), ['alpine', 'busybox', 'debian'].map(library));
  const all = await plan(text, {}, { areAllNeeded: true });
  t.deepEqual(all.asked.toSorted(), ['alpine', 'busybox', 'debian', 'never'].map(library));
});

test('an image that is not there: the place, and what may have been meant', async (t) => {
  const missing = {
    biuld: 'REGISTRY_NOT_FOUND',
    alpin: 'REGISTRY_NOT_FOUND',
    Zzz: 'REGISTRY_NOT_FOUND',
  } as const;
  const failure = async (text: string) => {
    const error = await t.throwsAsync(plan(text, { missing }), { instanceOf: TsbuildError });
    return [error?.message, error?.location?.startLine];
  };
  const text = 'FROM busybox AS build\nFROM busybox\n';
  t.deepEqual(await failure(`${text}COPY --from=biuld a /\n`), [
    'biuld: not to be had (did you mean build?)',
    3,
  ]);
  t.deepEqual(await failure(`${text}RUN --mount=from=biuld,target=/x y\n`), [
    'biuld: not to be had (did you mean build?)',
    3,
  ]);
  t.deepEqual(await failure('FROM alpin\n'), ['alpin: not to be had (did you mean alpine?)', 1]);
});

test('a check is told of an image that cannot be asked for, a build fails', async (t) => {
  const missing = { alpine: 'REGISTRY_UNREACHABLE', debian: 'REGISTRY_UNREACHABLE' } as const;
  const text = 'FROM alpine AS a\nENV A=${B:?unset}\nFROM a\nCOPY --from=debian x /\nEXPOSE $B/tcp\nRUN x\n';
  await t.throwsAsync(plan(text, { missing }), { code: 'REGISTRY_UNREACHABLE' });
  const told: string[] = [];
  const onUnreachable = ({ message }: Error) => void told.push(message);
  const { names } = await plan(text, { missing }, { onUnreachable });
  t.deepEqual(told.toSorted(), ['alpine: not to be had', 'debian: not to be had']);
  t.deepEqual(names, ['[stage-1 1/2] COPY --from=debian x /', '[stage-1 2/2] RUN x']);
});
