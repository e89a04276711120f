// Several platforms in one build, by the command.
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testNeeding } from '../support/requirements.js';
import { makeTinyImage, writeLayout } from '../support/tiny-image.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace, type Workspace } from '../support/workspace.js';

const PLATFORMS = ['--platform', 'linux/amd64,linux/arm64', '--platform', 'aarch64'];

const CROSS = `
FROM --platform=$BUILDPLATFORM base AS build
RUN echo prepared > /prepared
ARG TARGETARCH
RUN echo for $TARGETARCH > /app
FROM scratch
COPY --from=build /prepared /app /
`;

/** With a base for this machine alone. */
function scene(t: ExecutionContext, dockerfile: string): { space: Workspace; base: readonly string[] } {
  const space = workspace(t, { Dockerfile: dockerfile, file: 'content' });
  const layout = join(space.root, 'base');
  writeLayout(makeTinyImage(), layout, 'latest');
  return { space, base: ['--build-context', `base=oci-layout://${layout}`] };
}

testNeeding('sandbox', 'busybox')(
  'a native stage builds for each platform; what is common runs once',
  async (t) => {
    const { space, base } = scene(t, CROSS);
    const out = join(space.root, 'out');
    const built = await space.build([...base, ...PLATFORMS, '-o', out]);
    assertBuilt(t, built);
    for (const architecture of ['amd64', 'arm64']) {
      t.is(readFileSync(join(out, `linux_${architecture}`, 'app'), 'utf8'), `for ${architecture}\n`);
      t.is(readFileSync(join(out, `linux_${architecture}`, 'prepared'), 'utf8'), 'prepared\n');
    }
    const own = process.arch === 'arm64' ? 'arm64' : 'amd64';
    // A step is named again when it goes on after another one has said something.
    const steps = [...new Set(built.stderr.split('\n').filter((line) => /^#\d+ \[/.test(line)))];
    t.is(steps.filter((line) => line.includes('RUN echo prepared')).length, 1);
    t.is(steps.filter((line) => line.includes('RUN echo for')).length, 2);
    t.true(steps.some((line) => line.includes(`[linux/${own} build 1/3] RUN echo prepared`)));
    const again = await space.build([...base, ...PLATFORMS, '-o', out]);
    assertBuilt(t, again);
    t.regex(again.stderr, /CACHED/);
  },
);

testNeeding('sandbox', 'busybox')(
  'a step that fails names the platform, the stage and the line',
  async (t) => {
    const { space, base } = scene(
      t,
      'FROM --platform=$BUILDPLATFORM base\nARG TARGETARCH\nRUN test $TARGETARCH = amd64\n',
    );
    const { code, stderr } = await space.build([...base, ...PLATFORMS]);
    t.is(code, 1);
    t.regex(stderr, /ERROR: .*linux\/arm64: process "\/bin\/sh -c test \$TARGETARCH = amd64"/);
    t.regex(stderr, /Dockerfile:3/);
  },
);

test('files alone need no sandbox: archive, list, inspect', async (t) => {
  const { space } = scene(t, 'FROM scratch\nCOPY file /\nARG TARGETPLATFORM\nENV FOR=$TARGETPLATFORM\n');
  const archive = join(space.root, 'app.tar');
  const args = ['--isolation', 'none', '-t', 'app:1', '-o', `type=oci,dest=${archive}`];
  assertBuilt(t, await space.build([...PLATFORMS, ...args]));
  const tsbuild = async (...words: readonly string[]) => {
    const { code, stdout } = await runTsbuild([...words], { store: space.store });
    t.is(code, 0);
    return stdout.toString();
  };
  t.is((await tsbuild('images', '--format', '{{.Repository}}:{{.Tag}}')).trim(), 'app:1');
  const format = '{{.Architecture}} {{index .Config.Env 1}}';
  t.is(
    (await tsbuild('inspect', '--platform', 'linux/arm64', '--format', format, 'app:1')).trim(),
    'arm64 FOR=linux/arm64',
  );
});

test('what cannot be written is refused before the build', async (t) => {
  const { space } = scene(t, 'FROM scratch\nCOPY file /\n');
  const dest = join(space.root, 'app.tar');
  const docker = await space.build([...PLATFORMS, '-o', `type=docker,dest=${dest}`]);
  t.not(docker.code, 0);
  t.regex(docker.stderr, /docker exporter does not currently support exporting manifest lists/);
  const stray = await space.build(['--annotation', 'index:a=b']);
  t.regex(stray.stderr, /index annotations not supported for single platform export/);
});
