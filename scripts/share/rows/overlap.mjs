// Row 4: five layers of 60 MB are compressed and pushed while later steps run.
import { writeFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostShellOptions } from '../../host-shell.mjs';
import { createScratch, format, tsbuild, uploads, sum } from '../bench.mjs';
import { startProxy } from '../proxy.mjs';

const STEPS = 5;
const MEBIBYTES = 57;
const PAUSE = 2;

function writeDockerfile(folder) {
  mkdirSync(folder, { recursive: true });
  const hello = readFileSync(join(import.meta.dirname, '../../../fixtures/hello/Dockerfile'), 'utf8');
  const head = hello.slice(0, hello.indexOf('COPY greeting.txt'));
  // Half of each file is noise, half of it text: about what a real layer is to a compressor.
  const steps = Array.from(
    { length: STEPS },
    (_, at) =>
      `RUN head -c ${MEBIBYTES / 3}M /dev/urandom > /noise${at}; yes "line ${at} of a text" | head -c ${(MEBIBYTES * 2) / 3}M > /text${at}; sleep ${PAUSE}`,
  );
  const tools = ['head', 'yes', 'sleep'].map((name) => `COPY --from=host /usr/bin/${name} /usr/bin/${name}`);
  writeFileSync(
    join(folder, 'Dockerfile'),
    `${head}${tools.join('\n')}\nENV PATH=/usr/bin:/bin\n${steps.join('\n')}\n`,
  );
  return folder;
}

export async function run({ port }) {
  const scratch = createScratch();
  const proxy = await startProxy(port);
  const context = writeDockerfile(`${scratch.path}/context`);
  const build = (store, args) =>
    tsbuild(['build', '--progress', 'plain', ...hostShellOptions(), ...args, context], {
      store: `${scratch.path}/${store}`,
    });
  try {
    const alone = await build('alone', ['-t', 'x:1']);
    const compression = await build('alone', [
      '-t',
      'x:1',
      '--output',
      `type=oci,dest=${scratch.path}/out.tar`,
    ]);
    const pushed = await build('pushed', ['--push', '-t', `${proxy.host}/overlap:1`]);
    const bound = Math.max(alone.seconds, compression.seconds);
    const bytes = sum(uploads(proxy.log), 'up');
    return {
      isGood: pushed.seconds <= 1.15 * bound,
      figures: `build ${format(alone.seconds)} s, compression ${format(compression.seconds)} s, build with push ${format(pushed.seconds)} s = ${format(pushed.seconds / bound)} x the longer (at most 1.15), ${format(bytes / 1e6, 0)} MB sent`,
    };
  } finally {
    proxy.stop();
    scratch.remove();
  }
}
