// `--load` into real engines: the image is the one that loading an archive gives, what the engine has is not sent
// again, and an engine that has lost layers gets all of them.
import type { ExecutionContext } from 'ava';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countingSocket, type CountingSocket } from '../support/counting-socket.js';
import { startDocker, startPodman, type RealEngine } from '../support/real-engines.js';
import { testNeeding } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';
import { makeTinyImage, writeLayout } from '../support/tiny-image.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const DOCKERFILE = 'FROM base\nCOPY big /big\nCOPY file /file\n';

/** Compressible by nobody, so that what is sent can be counted. */
const BIG_BYTES = 40 << 20;

const INSPECT = ['image', 'inspect', '-f', '{{.Id}} {{json .RootFS.Layers}}', 'app:1'];

interface Lab {
  readonly engine: RealEngine;
  readonly counted: CountingSocket;
  /** Builds app:1 into the engine; bytes that were sent, and what was said. */
  build(file: string): Promise<{ readonly sent: number; readonly said: string }>;
  inspect(): string;
  /** The image by way of an archive, into an engine that has nothing of it. */
  inspectArchive(other: RealEngine): Promise<string>;
}

async function lab(t: ExecutionContext, engine: RealEngine): Promise<Lab> {
  const space = workspace(t, { Dockerfile: DOCKERFILE });
  writeFileSync(join(space.context, 'big'), randomBytes(BIG_BYTES));
  const base = join(space.root, 'base');
  writeLayout(makeTinyImage(), base, 'latest');
  const context = ['--build-context', `base=oci-layout://${base}`, '-t', 'app:1'];
  const counted = await countingSocket(t, join(tempDir(t), 's'), engine.socket);
  const env = { DOCKER_HOST: `unix://${counted.path}` };
  return {
    engine,
    counted,
    async build(file) {
      writeFileSync(join(space.context, 'file'), file);
      const run = await space.build([...context, '--load'], { env });
      assertBuilt(t, run);
      return { sent: counted.take(), said: run.stderr };
    },
    inspect: () => engine.run(INSPECT).trim(),
    async inspectArchive(other) {
      const archive = join(space.root, 'app.tar');
      assertBuilt(t, await space.build([...context, '--output', `type=docker,dest=${archive}`]));
      other.run(['load', '-i', archive]);
      return other.run(INSPECT).trim();
    },
  };
}

const ENGINES = { dockerd: startDocker, podman: startPodman } as const;

for (const [need, start] of Object.entries(ENGINES) as [keyof typeof ENGINES, typeof startDocker][]) {
  testNeeding(need, 'root')(
    `${need}: the same image as from an archive, and only what is new is sent`,
    async (t) => {
      t.timeout(300_000);
      const { build, inspect, inspectArchive, engine } = await lab(t, await start(t));
      const first = await build('one\n');
      t.true(first.sent > BIG_BYTES);
      t.regex(first.said, /app:1 was loaded into (docker|podman) \d.*; 3 of 3 layers were sent/);
      const second = await build('two\n');
      t.true(second.sent < BIG_BYTES / 100, `${second.sent} of ${first.sent} bytes`);
      t.log(`${need}: first ${first.sent} bytes, after an edit ${second.sent}`);
      t.regex(second.said, /; 1 of 3 layers were sent/);
      const again = await build('two\n');
      t.true(again.sent < BIG_BYTES / 100);
      const own = inspect();
      t.is(own, await inspectArchive(await start(t)));
      engine.run(['rmi', '-f', 'app:1']);
      const anew = await build('two\n');
      t.regex(anew.said, /; 3 of 3 layers were sent/);
      t.is(inspect(), own);
    },
  );
}

testNeeding('dockerd')('an engine that lost layers it said it has gets the whole image', async (t) => {
  t.timeout(300_000);
  const docker = await startDocker(t);
  const { build, inspect, counted } = await lab(t, docker);
  await build('one\n');
  // The image is removed between the question and the archive.
  counted.before(/^POST \S*\/images\/load/, () => docker.run(['rmi', '-f', 'app:1']));
  const { said } = await build('two\n');
  t.regex(said, /lacks layers that it said it has; sending the whole image/);
  t.regex(said, /; 3 of 3 layers were sent/);
  t.regex(inspect(), /^sha256:/);
});
