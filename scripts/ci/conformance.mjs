// The conformance suite that lies beside the checkout, when it does: its base images and its two programs, each with a threshold.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { CLOSED_TO_OTHERS } from '../closed-to-others.mjs';

const BASES = join(tmpdir(), 'tsbuild-bases');
/** What the suite's programs know as the variable BASES. */
export const BASE_LAYOUTS = join(BASES, 'bases', 'oci');
const REGISTRY = 'http://127.0.0.1:5055';

/**
 * Makes the base images, or serves those that are there.
 * @returns a function that stops the registry if it was started here
 */
export function serveBases(conformance) {
  const isUp = spawnSync('curl', ['-fsS', `${REGISTRY}/v2/`], { stdio: 'ignore' }).status === 0;
  const args = existsSync(join(BASES, 'registry', 'docker')) ? ['--registry-only'] : [];
  execFileSync(join(conformance, 'make-bases.sh'), args, {
    stdio: 'inherit',
    env: { ...process.env, D: BASES },
  });
  return () => {
    if (!isUp) process.kill(Number(readFileSync(join(BASES, 'registry.pid'), 'utf8')));
  };
}

function environmentOf(who, env) {
  const program = `${process.execPath} ${join(who.cwd, 'bin', 'tsbuild.js')}`;
  const store = join(who.temporary, 'conformance');
  return { ...env, TSBUILD: program, TSBUILD_ROOT: store, BASES: BASE_LAYOUTS };
}

const CASES = join(tmpdir(), 'tsbuild-ci-cases');

/**
 * Gives an ordinary user the contexts that root has unpacked. Some files in them are for their owner alone: these become the
 * user's. No image shows the owner of a file of the context, and modes stay as they are.
 */
function copyCasesFor({ user, temporary }) {
  for (const name of readdirSync(dirname(CASES)).filter((entry) => entry.startsWith(`${basename(CASES)}-`))) {
    const copy = join(temporary, name);
    execFileSync('cp', ['-a', join(dirname(CASES), name), copy]);
    execFileSync('find', [copy, ...CLOSED_TO_OTHERS, '-exec', 'chown', user.name, '{}', '+']);
  }
}

/** @returns the stages of one identity: { cwd, user?, temporary, label }; root's come first, since they unpack the cases */
export function conformanceStages({ who, conformance, thresholds, env }) {
  const at = { cwd: who.cwd, user: who.user, env: environmentOf(who, env) };
  const adapter = ['--adapter', join(conformance, 'adapters', 'tsbuild.mjs')];
  const work = ['--work', who.user ? join(who.temporary, basename(CASES)) : CASES];
  return [
    {
      ...at,
      name: `golden images as ${who.label}`,
      before: () => (who.user ? copyCasesFor(who) : undefined),
      command: [
        process.execPath,
        'scripts/ci/check-golden.mjs',
        join(conformance, 'check-golden.py'),
        '--history',
        ...adapter,
        ...work,
      ],
      threshold: thresholds.golden,
    },
    {
      ...at,
      name: `behaviour cases as ${who.label}`,
      command: [join(conformance, 'run-bk-cases.py'), ...adapter],
      threshold: thresholds.bkCases,
    },
  ];
}

/** @returns the stage that compares root's image of fixtures/node-app with an ordinary user's */
export function comparisonStage({ who, conformance, env }) {
  const { uid, gid } = who.user;
  const script = 'scripts/ci/compare-identities.mjs';
  return {
    name: 'the same image for root and an ordinary user',
    cwd: who.cwd,
    env: { ...env, TSBUILD_REGISTRY_MIRRORS: `docker.io=${REGISTRY}` },
    command: [process.execPath, script, conformance, String(uid), String(gid), who.temporary],
  };
}
