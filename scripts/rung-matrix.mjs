// node scripts/rung-matrix.mjs CONFORMANCE [--cases N] [--no-app] [--only WORD]: builds the same Dockerfiles in every environment that a
// build may find (root, users with and without subordinate ids, root in a default container), on the rung of the ladder that it takes by
// itself and with that rung forced, and compares each image file by file with that of rung `userns`. Then does what `tsbuild doctor`
// advises and shows that a stronger rung is taken. Root only. TSBUILD_REGISTRY_MIRRORS leads to the base images.
// Exits with 1 when an image differs or an environment does not move up.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { removeTree } from './remove-tree.mjs';
import { matrixBuilds } from './rung-matrix/cases.mjs';
import {
  accountEnvironment,
  dockerEnvironment,
  ensureUserWithoutIds,
  environments,
  isDockerThere,
  removeSubordinateIds,
} from './rung-matrix/environments.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: '20' },
    'no-app': { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const conformance = positionals[0] ?? process.env.TSBUILD_TEST_CONFORMANCE;
if (!conformance || process.getuid?.() !== 0) {
  console.error(
    'usage, as root: node scripts/rung-matrix.mjs CONFORMANCE [--cases N] [--no-app] [--only WORD]',
  );
  process.exit(2);
}

function diagnose(environment) {
  const { stdout, stderr } = environment.run(['doctor', '--json']);
  if (!stdout) throw new Error(`${environment.name}: tsbuild doctor failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** npm's settings of this machine, where the environment can read them. */
function secretsFor(folder) {
  const secrets = join(folder, 'secrets');
  const options = execFileSync(process.execPath, ['scripts/npm-secrets.mjs', secrets], { encoding: 'utf8' });
  execFileSync('chown', ['-R', '--reference', folder, secrets]);
  return options.trim().split(' ');
}

/** @returns the OCI layout, or undefined with the reason printed */
function buildIn(environment, { name, args, isApplication }, isolation, secrets) {
  const layout = join(environment.folder, `${isolation}-${name}`);
  // The packages of the application come from where this machine gets them, which may be its own loopback.
  const own = isApplication ? ['--network', 'host', ...secrets] : [];
  const output = ['--output', `type=oci,dest=${layout},tar=false`, '--isolation', isolation];
  const result = environment.run(['build', '--progress', 'plain', ...output, ...own, ...args]);
  if (result.status === 0) return layout;
  console.log(`  ${name}: the build failed with ${result.status ?? result.signal}`);
  console.log(`${result.stderr}`.trimEnd().split('\n').slice(-6).join('\n').replaceAll(/^/gm, '    '));
  return undefined;
}

function isEqual(reference, layout, name) {
  const { status, stdout } = spawnSync(join(conformance, 'compare.py'), [reference, layout], {
    encoding: 'utf8',
  });
  if (status !== 0) console.log(`  ${name} differs: ${stdout.slice(0, 2000)}`);
  return status === 0;
}

/** @returns how many of the builds give the image of the reference */
function countEqual(environment, builds, isolation, { references, secrets }) {
  return builds.filter((build) => {
    const layout = buildIn(environment, build, isolation, secrets);
    if (!layout) return false;
    const reference = references.get(build.name);
    if (!reference) references.set(build.name, layout);
    return !reference || isEqual(reference, layout, build.name);
  }).length;
}

/** The row of one environment on one rung, as `auto` and by name. */
function* rowsOf(environment, builds, references) {
  const { isolation } = diagnose(environment);
  const secrets = secretsFor(environment.folder);
  for (const asked of ['auto', isolation]) {
    const started = performance.now();
    const equal = countEqual(environment, builds, asked, { references, secrets });
    const seconds = Math.round((performance.now() - started) / 1000);
    yield {
      environment: environment.name,
      asked,
      taken: isolation,
      equal: `${equal} of ${builds.length}`,
      seconds,
    };
  }
}

const strengthOf = ({ rungs }, name) => {
  const at = rungs.findIndex((rung) => rung.name === name);
  return at < 0 ? rungs.length : at;
};

/** Does what doctor advises for the strongest rung that does not work. */
function moveUp(before, apply) {
  const stronger = before.rungs.find(({ works, fixes }) => !works && fixes.length > 0);
  if (!stronger) return undefined;
  const after = apply(stronger.fixes[0]);
  const isHigher = strengthOf(after, after.isolation) < strengthOf(before, before.isolation);
  return { advice: stronger.fixes[0], from: before.isolation, to: after.isolation, isHigher };
}

function moves(setting) {
  const without = ensureUserWithoutIds();
  const user = accountEnvironment('moving user', without, setting);
  const account = moveUp(diagnose(user), (command) => {
    execFileSync('sh', ['-c', command.replace(/^sudo /, '')], { stdio: 'inherit' });
    return diagnose(user);
  });
  removeSubordinateIds(without.name);
  if (!isDockerThere()) return [account];
  const container = moveUp(diagnose(dockerEnvironment('default container', [], setting)), (advice) => {
    const flags = /docker run (.*)$/.exec(advice)?.[1]?.split(' ') ?? [];
    return diagnose(dockerEnvironment('allowing container', flags, setting));
  });
  return [account, container];
}

const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-matrix-'));
chmodSync(scratch, 0o755);
try {
  const mirrors = process.env.TSBUILD_REGISTRY_MIRRORS;
  const contexts = join(scratch, 'cases');
  mkdirSync(contexts);
  const builds = matrixBuilds({
    conformance,
    scratch: contexts,
    count: Number(values.cases),
    hasApplication: !values['no-app'] && existsSync('fixtures/node-app'),
  });
  const references = new Map();
  const setting = { scratch, mirrors };
  const rows = [];
  const all = environments(setting).filter(({ name }, i) => i === 0 || name.includes(values.only));
  for (const environment of all) {
    for (const row of rowsOf(environment, builds, references)) {
      console.log(Object.values(row).join(' | '));
      rows.push(row);
    }
  }
  console.table(rows);
  const moved = moves(setting).filter((move) => move !== undefined);
  console.table(moved);
  const isGood =
    rows.every(({ equal }) => equal === `${builds.length} of ${builds.length}`) &&
    moved.every(({ isHigher }) => isHigher);
  process.exitCode = isGood ? 0 : 1;
} finally {
  removeTree(scratch);
}
