// The conformance suite that lies beside the checkout, when it does: its base images and its two programs, each with a threshold.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes the base images, or serves those that are there.
 * @returns a function that stops the registry if it was started here
 */
export function serveBases(conformance) {
  const bases = join(tmpdir(), 'tsbuild-bases');
  const isUp = spawnSync('curl', ['-fsS', 'http://127.0.0.1:5055/v2/'], { stdio: 'ignore' }).status === 0;
  const args = existsSync(join(bases, 'registry', 'docker')) ? ['--registry-only'] : [];
  execFileSync(join(conformance, 'make-bases.sh'), args, {
    stdio: 'inherit',
    env: { ...process.env, D: bases },
  });
  return () => {
    if (!isUp) process.kill(Number(readFileSync(join(bases, 'registry.pid'), 'utf8')));
  };
}

/** @returns the stages of one identity */
export function conformanceStages({ who, conformance, thresholds, env }) {
  const at = {
    cwd: who.cwd,
    user: who.user,
    env: {
      ...env,
      TSBUILD: `${process.execPath} ${join(who.cwd, 'bin', 'tsbuild.js')}`,
      TSBUILD_ROOT: join(who.temporary, 'conformance'),
    },
  };
  const adapter = ['--adapter', join(conformance, 'adapters', 'tsbuild.mjs')];
  // Unpacked once, by root, so that owners and modes of the contexts are exact for every identity.
  const work = ['--work', join(tmpdir(), 'tsbuild-ci-cases')];
  return [
    {
      ...at,
      name: `golden images as ${who.label}`,
      command: [join(conformance, 'check-golden.py'), ...adapter, ...work],
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
