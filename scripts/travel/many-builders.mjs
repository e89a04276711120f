// node scripts/travel/many-builders.mjs [--builders 8] [--builds 30] [--max-size 64m] [--loops 1000000]: builders with stores of their own
// share one scope of a docker-registry. Each edits a package of its own and builds all of them, again and again, beside the others. Then
// one builder with a warm store does the same edits, beside a second one on a store of its own: processors that are all busy are slower, and
// the time of each counts half. Exits with 1 when an image is another than a cold build's, when a step is unknown to
// a fresh store after three rounds, when the pack is larger than it may be, or when more than 1.3 times the RUNs of the one were executed,
// or 1.3 times its CPU seconds were needed: those of this script alone as root, else of the machine, on which nothing else may work then.
// Needs docker-registry and a built bundle.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createScratch, format, readTag, sum, tsbuild } from '../share/bench.mjs';
import { startRegistry } from '../share/registry.mjs';
import { comparable, executedRuns, root, rootfsOf } from './builds.mjs';
import { openProcessorTime } from './processor-time.mjs';

const MAX_WORK = 1.3;
const ROUNDS = 3;
/** The stores of the builders that share nothing. */
const ALONE = ['one', 'other'];

const { values } = parseArgs({
  options: {
    builders: { type: 'string', default: '8' },
    builds: { type: 'string', default: '30' },
    'max-size': { type: 'string', default: '64m' },
    // What a RUN works: about a second.
    loops: { type: 'string', default: '1000000' },
  },
});
const [builders, builds] = [Number(values.builders), Number(values.builds)];
const packages = Array.from({ length: builders }, (_, i) => `p${i}`);
const shell = execFileSync(process.execPath, ['scripts/host-shell.mjs'], { cwd: root, encoding: 'utf8' });

/** Work that depends on what is read. */
const work = (from, to) =>
  `read -r line < ${from}; i=0; while [ $i -lt ${values.loops} ]; do i=$((i+1)); done; echo "$line $i" > ${to}`;

function dockerfile() {
  const hello = readFileSync(join(root, 'fixtures/hello/Dockerfile'), 'utf8');
  const base = hello.slice(0, hello.indexOf('COPY greeting.txt')).replace(/^FROM .*$/m, '$& AS base');
  const stages = packages.map(
    (name) => `FROM deps AS ${name}\nCOPY ${name} /${name}\nRUN ${work(`/${name}`, `/${name}.out`)}`,
  );
  const copies = packages.map((name) => `COPY --from=${name} /${name}.out /`);
  return [
    base.trimEnd(),
    'FROM base AS deps',
    `COPY lock /lock\nRUN ${work('/lock', '/deps')}`,
    ...stages,
    'FROM base',
    ...copies,
    '',
  ].join('\n');
}

/** The sources after that many edits of every package, but for those of `own`, who is one edit ahead. */
function writeSources(folder, edit, own) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'Dockerfile'), dockerfile());
  writeFileSync(join(folder, 'lock'), 'locked\n');
  packages.forEach((name, i) =>
    writeFileSync(join(folder, name), `${name} edit ${i === own ? edit + 1 : edit}\n`),
  );
  return folder;
}

/** Of the builds, of what their sandboxes execute, whose time no parent is told, and of the registry. */
const processors = openProcessorTime();

async function measured(work) {
  const before = processors.seconds();
  const result = await work();
  return { result, seconds: processors.seconds() - before };
}

const registry = await startRegistry();
const scratch = createScratch();
const host = `127.0.0.1:${registry.port}`;
const place = `type=registry,ref=${host}/team-cache:main`;
const cache = [
  '--cache-from',
  place,
  '--cache-to',
  `${place},mode=max,max-size=${values['max-size']},timeout=5m`,
];
let outputs = 0;

async function build(store, context, ...more) {
  const out = join(scratch.path, `out-${outputs++}`);
  const args = [
    'build',
    '--progress',
    'plain',
    ...shell.trim().split(' '),
    ...comparable(out),
    ...more,
    context,
  ];
  const { stderr } = await tsbuild(args, {
    store: join(scratch.path, store),
    env: { SOURCE_DATE_EPOCH: '1' },
  });
  const rootfs = rootfsOf(out);
  execFileSync('rm', ['-rf', out]);
  return { rootfs, runs: executedRuns(stderr).length };
}

const say = (isGood, figures) => {
  console.log(`${isGood ? 'ok  ' : 'MISS'} ${figures}`);
  if (!isGood) process.exitCode = 1;
};

try {
  const sources = (edit, i = -1) => writeSources(join(scratch.path, `sources-${i}`), edit, i);
  const made = new Map();
  // The scope is warm, as the store of the one builder is.
  await build('builder-0', sources(0), ...cache);
  for (const store of ALONE) await build(store, sources(0));
  const many = await measured(async () => {
    let runs = 0;
    for (let edit = 0; edit < builds; edit++) {
      const results = await Promise.all(
        packages.map((_, i) => build(`builder-${i}`, sources(edit, i), ...cache)),
      );
      results.forEach(({ rootfs, runs: executed }, i) => {
        made.set(`${edit} ${i}`, rootfs);
        runs += executed;
      });
    }
    return runs;
  });
  const buildAlone = async (store) => {
    let [runs, others] = [0, 0];
    for (let edit = 0; edit < builds; edit++)
      for (const i of packages.keys()) {
        const folder = writeSources(join(scratch.path, `sources-${store}`), edit, i);
        const { rootfs, runs: executed } = await build(store, folder);
        runs += executed;
        if (made.get(`${edit} ${i}`) !== rootfs) others++;
      }
    return { runs, others };
  };
  const alone = await measured(() => Promise.all(ALONE.map(buildAlone)));
  const one = { result: alone.result[0], seconds: alone.seconds / ALONE.length };
  const cold = await Promise.all(
    packages.map(async (_, i) => (await build(`cold-${i}`, sources(builds - 1, i), '--no-cache')).rootfs),
  );
  const differing = cold.filter((rootfs, i) => rootfs !== made.get(`${builds - 1} ${i}`)).length;
  say(
    one.result.others + differing === 0,
    `${made.size} images, ${one.result.others} differ from those of one builder, ${differing} of ${cold.length} from cold builds`,
  );
  let [unknown, rounds] = [Infinity, 0];
  for (; rounds <= ROUNDS && unknown > 0; rounds++) {
    unknown = 0;
    for (const i of packages.keys()) {
      const fresh = await build(`fresh-${rounds}-${i}`, sources(builds - 1, i), '--cache-from', place);
      unknown += fresh.runs;
    }
    if (unknown > 0)
      await Promise.all(packages.map((_, i) => build(`builder-${i}`, sources(builds - 1, i), ...cache)));
  }
  say(unknown === 0, `${unknown} steps are unknown to fresh stores after ${rounds - 1} more rounds`);
  const { manifest } = await readTag(host, 'team-cache', 'main');
  const bytes = sum(manifest.layers.slice(1), 'size');
  const cap = Number.parseInt(values['max-size'], 10) * 2 ** 20;
  say(bytes <= cap, `the pack has ${manifest.layers.length - 1} layers of ${bytes} bytes, ${cap} at most`);
  const compare = (what, ofMany, ofOne, digits) =>
    say(
      ofMany <= MAX_WORK * ofOne,
      `${what} of ${builders} builders: ${format(ofMany, digits)}, of one: ${format(ofOne, digits)}, ${format(ofMany / ofOne)} times`,
    );
  compare('RUNs executed', many.result, one.result.runs, 0);
  compare(`CPU seconds${processors.isOwn ? '' : ' of the machine'}`, many.seconds, one.seconds, 1);
} finally {
  await registry.stop();
  scratch.remove();
  processors.close();
}
