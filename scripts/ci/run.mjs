// The stages of CI, in order, and their total. As root it runs the tests twice: as root, and as an ordinary user with subordinate
// ids on a copy of the checkout. Every stage is run, also after one that failed.
//   node scripts/ci/run.mjs [NAME...]    only the stages whose name holds one of the words
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.mjs';
import { BASE_LAYOUTS, comparisonStage, conformanceStages, serveBases } from './conformance.mjs';
import { installCurrentNode } from './current-node.mjs';
import { startDocker } from './docker-daemon.mjs';
import { copyCheckoutFor, ensureOrdinaryUser } from './ordinary-user.mjs';
import { runStage } from './stage.mjs';

const root = join(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-ci-'));
const thresholds = JSON.parse(readFileSync(join(import.meta.dirname, 'thresholds.json'), 'utf8'));
const conformance = join(root, '..', 'shared', 'conformance');
const isRoot = process.getuid() === 0;
const wanted = process.argv.slice(2);

const NEEDS =
  'assemblers sandbox registry skopeo umoci podman docker subuid busybox strace ssh crun runc zsh fish tmux openssl man chromium'.split(
    ' ',
  );
/** Engines that the tests start themselves. */
const NEEDS_OF_ROOT = ['dockerd', 'containerd'];
const AVA = join('node_modules', 'ava', 'entrypoints', 'cli.mjs');
const END_TO_END = 'build/test/e2e/**/*.test.js';
/** They look at the whole machine or at all of a store, so nothing may run beside them. */
const FROM_INSIDE = 'build/test/attacks/{inside-run,recorded-owners,unpacked-layer}.test.js';
const ALL_OF_ROOT = [END_TO_END, 'build/test/contracts/**/*.test.js', FROM_INSIDE];
/** What is worked out in memory, and drivers of a rung that root has tried too, do not depend on who runs them. */
const ALL_OF_USER = [
  END_TO_END,
  'build/test/contracts/{registry-pull,sandbox-userns*,sandbox-isolation,sandbox-equal-layers,sandbox-network}.test.js',
  'build/test/attacks/{hostile-image,mounts}.test.js',
  FROM_INSIDE,
];

/** Where and as whom a run of the tests takes place. */
function identities(user) {
  const asRoot = { label: isRoot ? 'root' : 'this user', cwd: root, temporary: scratch, user: undefined };
  return user
    ? [asRoot, { label: 'an ordinary user', ...copyCheckoutFor(user, root, scratch), user }]
    : [asRoot];
}

function environmentOf({ temporary, user }, needs) {
  // A session of the user would have both.
  const own = user ? { HOME: join(temporary, 'home'), XDG_RUNTIME_DIR: join(temporary, 'run') } : {};
  const places = { TMPDIR: temporary, TSBUILD_ROOT: join(temporary, 'store') };
  const all = user || !isRoot ? needs : [...needs, ...NEEDS_OF_ROOT];
  return { ...process.env, ...own, ...places, TSBUILD_REQUIRE: all.join(','), NO_COLOR: '1' };
}

function testStages(who, needs, currentNode) {
  const at = { cwd: who.cwd, user: who.user, env: environmentOf(who, needs) };
  const smoke = 'build/test/e2e/{demo,options,outputs}.test.js';
  return [
    { ...at, name: `demo as ${who.label}`, command: [process.execPath, 'scripts/demo.mjs'] },
    {
      ...at,
      name: `end to end as ${who.label}`,
      command: [
        process.execPath,
        AVA,
        '--serial',
        '--timeout=10m',
        ...(who.user ? ALL_OF_USER : ALL_OF_ROOT),
      ],
    },
    {
      ...at,
      name: `smoke on a current Node as ${who.label}`,
      command: [currentNode, AVA, '--serial', smoke],
    },
  ];
}

async function allStages(whos, needs) {
  const currentNode = installCurrentNode(scratch);
  const check = {
    name: 'check',
    cwd: root,
    command: ['npm', 'run', 'check'],
    env: environmentOf(whos[0], needs),
  };
  const units = {
    ...check,
    name: 'unit tests on a current Node',
    // Pure functions do not depend on it.
    command: [
      currentNode,
      AVA,
      'build/test/unit/{builder,cli,context,export,layer,registry,store}/**/*.test.js',
    ],
  };
  // The seed is fixed: what fails here fails again.
  const fuzzing = {
    ...check,
    name: 'fuzzing',
    command: [process.execPath, 'scripts/fuzz.mjs', '--seconds', '20', '--seed', '1'],
  };
  const attacks = {
    ...check,
    name: 'attacks',
    command: [process.execPath, AVA, '--timeout=10m', 'build/test/attacks/**/*.test.js', `!${FROM_INSIDE}`],
  };
  const tests = whos.flatMap((who) => testStages(who, needs, currentNode));
  if (!existsSync(conformance)) return [check, units, fuzzing, attacks, ...tests];
  const suites = whos.flatMap((who) =>
    conformanceStages({ who, conformance, thresholds, env: environmentOf(who, needs) }),
  );
  const comparisons = whos
    .filter(({ user }) => user)
    .map((who) => comparisonStage({ who, conformance, env: environmentOf(whos[0], needs) }));
  return [check, units, fuzzing, attacks, ...tests, ...comparisons, ...suites];
}

function printTotal(results) {
  console.log('\nstage                                              passed  failed  seconds');
  for (const { name, passed, failed, seconds } of results) {
    console.log(
      `${name.padEnd(50)} ${String(passed).padStart(6)} ${String(failed).padStart(7)} ${seconds.toFixed(0).padStart(8)}`,
    );
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed');
}

const results = [];
const running = [];
try {
  const user = isRoot ? ensureOrdinaryUser() : undefined;
  if (user) process.env.TSBUILD_TEST_USER = user.name;
  const hasBases = existsSync(conformance) && isRoot;
  if (hasBases) running.push(serveBases(conformance));
  if (isRoot) running.push(await startDocker(scratch, user));
  execFileSync('npm', ['run', 'compile'], { cwd: root, stdio: 'inherit' });
  const needs = hasBases ? [...NEEDS, 'bases', 'conformance'] : NEEDS;
  if (hasBases) Object.assign(process.env, { TSBUILD_TEST_CONFORMANCE: conformance, BASES: BASE_LAYOUTS });
  for (const stage of await allStages(identities(user), needs)) {
    if (wanted.length === 0 || wanted.some((word) => stage.name.includes(word)))
      results.push(await runStage(stage));
  }
} catch (error) {
  console.error(error);
  results.push({ name: 'the machine could not be set up', passed: 0, failed: 1, seconds: 0 });
} finally {
  for (const stop of running) await stop();
  try {
    removeTree(scratch);
  } catch (error) {
    console.error(`${scratch} is left: ${error.message}`);
  }
}
process.exitCode = printTotal(results) === 0 ? 0 : 1;
