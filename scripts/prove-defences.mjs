// Proves that the attacks notice: takes the defences out of the sources one by one, in a copy, and expects the named attack to turn red.
// Usage: node scripts/prove-defences.mjs [word]: only the mutations whose file or attack has the word.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MUTATIONS } from './prove/mutations.mjs';

const COPIED = ['src', 'test', 'scripts', 'bin', 'package.json', 'tsconfig.json'];

function run(cwd, [file, title]) {
  const args = ['ava', '--serial', `build/test/attacks/${file}.test.js`, '--match', title];
  const result = spawnSync('npx', args, {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, TSBUILD_PROVE_DEFENCES: '1' },
  });
  const output = result.stdout + result.stderr;
  // Marks, and not the total: what is ended for its time has none.
  const countOf = (mark) => output.split(mark).length - 1;
  return { passed: countOf('✔ '), failed: countOf('✘ [fail]'), output };
}

function compile(cwd) {
  execFileSync(process.execPath, ['scripts/compile.mjs'], { cwd, stdio: 'inherit' });
}

/** @returns what puts everything back */
function mutate(root, { file, from, to, also }) {
  const before = new Map();
  for (const change of also ? [{ file, from, to }, also] : [{ file, from, to }]) {
    const path = join(root, change.file);
    const text = readFileSync(path, 'utf8');
    if (text.split(change.from).length !== 2)
      throw new Error(`${change.file}: this text does not stand there once: ${change.from}`);
    if (!before.has(path)) before.set(path, text);
    writeFileSync(
      path,
      text.replace(change.from, () => change.to),
    );
  }
  return () => {
    for (const [path, text] of before) writeFileSync(path, text);
  };
}

/** Green as it is, red without the defence; a skipped attack proves nothing. */
function prove(root, mutation) {
  const before = run(root, mutation.attack);
  const restore = mutate(root, mutation);
  try {
    compile(root);
    const after = run(root, mutation.attack);
    if (before.passed === 0 || before.failed > 0) return 'not green before';
    return after.failed > 0 ? 'red' : 'STILL GREEN';
  } finally {
    restore();
    compile(root);
  }
}

const root = mkdtempSync(join(tmpdir(), 'tsbuild-prove-'));
try {
  for (const name of COPIED) cpSync(name, join(root, name), { recursive: true });
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  compile(root);
  const word = process.argv[2] ?? '';
  const chosen = MUTATIONS.filter(({ file, attack }) => `${file} ${attack.join(' ')}`.includes(word));
  let proven = 0;
  for (const mutation of chosen) {
    const verdict = prove(root, mutation);
    if (verdict === 'red') proven++;
    console.log(
      `${verdict.padEnd(16)} ${mutation.file.padEnd(44)} ${mutation.attack[1].replaceAll('*', '')}`,
    );
  }
  console.log(`${proven} of ${chosen.length} defences proven`);
  process.exitCode = proven === chosen.length && chosen.length > 0 ? 0 : 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
