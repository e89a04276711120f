// Measures builds that start from nothing, beside the builders that are installed: the store, or what stands for it, is wiped before each
// run, and the base comes out of a registry on this machine. Prints a line of JSON per case and tool.
//   node scripts/bench/cold.mjs [--registry 127.0.0.1:5000] [--base library/node:20-slim] [--runs 5] [--tools tsbuild,docker,buildah]
// `base`: a base fetched and unpacked (tsbuild: for a RUN, which is part of the time; the others: pull). `app`: a small application on it.
// What is wiped is moved away and deleted at the end: some file systems make files slowly for minutes after many were deleted (ext4
// without a journal). That takes a third of a GB per run of tsbuild and of buildah.
// docker gets the base through its mirrors (dockerd --registry-mirror). It forgets the image and its build cache, but an image of another
// name on the same base keeps the layers: give it a daemon of its own by DOCKER_HOST.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure } from './measure.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    registry: { type: 'string', default: '127.0.0.1:5000' },
    base: { type: 'string', default: 'library/node:20-slim' },
    runs: { type: 'string', default: '5' },
    tools: { type: 'string', default: 'tsbuild,docker,buildah' },
    only: { type: 'string', default: 'base,app' },
    work: { type: 'string', default: join(tmpdir(), 'tsbuild-cold') },
  },
});
const base = `${options.registry}/${options.base}`;
const store = join(options.work, 'store');
const containers = join(options.work, 'containers');
const TAG = 'bench-cold:1';
const env = {
  ...process.env,
  TSBUILD_ROOT: store,
  TSBUILD_REGISTRY_MIRRORS: `docker.io=http://${options.registry}`,
  DOCKER_BUILDKIT: '1',
};

const old = join(options.work, 'old');
let moved = 0;
function moveAway(dir) {
  if (!existsSync(dir)) return;
  mkdirSync(old, { recursive: true });
  renameSync(dir, join(old, String(moved++)));
}

const run = (program, args) => spawnSync(program, args, { env, stdio: 'ignore' }).status === 0;
const wipeDocker = () => {
  run('docker', ['image', 'rm', '-f', TAG, options.base.replace(/^library\//, '')]);
  run('docker', ['builder', 'prune', '-af']);
};
const bud = `buildah --root ${containers} --runroot ${containers}-run`;
const tsbuild = (dir) =>
  `${process.execPath} ${join(root, 'bin/tsbuild.js')} build --progress quiet -t ${TAG} ${dir}`;

/** By tool: how to know that it is there, how to forget everything, and the command of each case. */
const TOOLS = {
  tsbuild: {
    probe: () => true,
    wipe: () => moveAway(store),
    base: tsbuild,
    app: tsbuild,
  },
  docker: {
    probe: () => run('docker', ['info']),
    wipe: wipeDocker,
    base: () => `docker pull -q ${options.base.replace(/^library\//, '')}`,
    app: (dir) => `docker build --network host -q -t ${TAG} ${dir}`,
  },
  buildah: {
    probe: () => run('buildah', ['version']),
    wipe: () => [containers, `${containers}-run`].forEach(moveAway),
    base: () => `${bud} pull -q --tls-verify=false docker://${base}`,
    app: (dir) => `${bud} bud --isolation chroot --network host --tls-verify=false -q -t ${TAG} ${dir}`,
  },
};

const from = `FROM ${options.base.replace(/^library\//, '')}\n`;
const CASES = {
  base: `${from}RUN true\n`,
  app: `${from}WORKDIR /app
COPY package.json package-lock.json ./
RUN true
COPY tsconfig.json ./
COPY src ./src
RUN true
ENV NODE_ENV=production
USER node
CMD ["node", "src/server.js"]
`,
};

function contextOf(name) {
  const dir = join(options.work, name);
  mkdirSync(dir, { recursive: true });
  cpSync(join(root, 'fixtures/node-app'), dir, { recursive: true });
  writeFileSync(join(dir, 'Dockerfile'), CASES[name]);
  return dir;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const round = (number) => Number(number.toPrecision(3));

/** The tools in turn, so that a change of the machine's speed meets all of them. */
async function compare(name, tools) {
  const dir = contextOf(name);
  const seconds = new Map(tools.map((tool) => [tool, []]));
  for (let i = 0; i < Number(options.runs); i++) {
    for (const tool of tools) {
      TOOLS[tool].wipe();
      seconds.get(tool).push((await measure(TOOLS[tool][name](dir), { env })).seconds);
    }
  }
  const own = seconds.has('tsbuild') ? median(seconds.get('tsbuild')) : undefined;
  for (const [tool, all] of seconds) {
    const ratio = own === undefined ? {} : { 'tsbuild/tool': round(own / median(all)) };
    const row = { case: `cold ${name}`, tool, seconds: round(median(all)), best: round(Math.min(...all)) };
    console.log(JSON.stringify({ ...row, ...ratio }));
  }
}

const tools = options.tools.split(',').filter((tool) => TOOLS[tool].probe());
try {
  for (const name of options.only.split(',')) await compare(name, tools);
} finally {
  for (const tool of tools) TOOLS[tool].wipe();
  rmSync(old, { recursive: true, force: true });
}
