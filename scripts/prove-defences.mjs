// Proves that the attacks notice: takes the defences out of the sources one by one, in a copy, and expects the named attack to turn red.
// Usage: node scripts/prove-defences.mjs [word]: only the mutations whose file or attack has the word.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** `from` occurs once in `file`. `attack`: test file and title, `*` allowed; `needs` what the machine must have. */
const MUTATIONS = [
  {
    file: 'src/layer/tar/entry-path.ts',
    from: "if (parts.includes('..')) {",
    to: 'if (false) {',
    attack: ['base-layer', '*FROM, COPY --from and output, a name of dots: write'],
  },
  {
    file: 'src/builder/rootfs/directory-cache.ts',
    from: 'O_RDONLY | O_DIRECTORY | O_NOFOLLOW',
    to: 'O_RDONLY | O_DIRECTORY',
    attack: ['unpacked-layer', '*RUN, an absolute link: write'],
  },
  {
    file: 'src/builder/rootfs/unpack-layer.ts',
    from: 'if (actual !== layer.diffId) {',
    to: 'if (false) {',
    attack: ['unpacked-layer', '*whose bytes were changed is not run on'],
  },
  {
    file: 'src/layer/copy/archive-path.ts',
    from: "if (current === '') throw outside('archive path', name);",
    to: '',
    attack: ['archive-add', '*climbs out of the destination is refused'],
  },
  {
    file: 'src/export/local-directory.ts',
    from: 'if (stat?.isDirectory()) return chmodSync(path, 0o755);',
    to: 'if (stat) return;',
    attack: ['base-layer', '*an output over an earlier output follows no link*'],
  },
  {
    file: 'src/layer/tar/layer-entry-of.ts',
    from: "if (hidden === '' || hidden === '.' || hidden === '..') throw unsafe(name, 'whiteout of no name');",
    to: '',
    attack: ['whiteouts', '*refused: .wh... is the directory above'],
  },
  {
    file: 'src/layer/tar/layer-entry-of.ts',
    from: "if (whiteouts && hasWhiteoutComponent(target)) throw unsafe(raw.name, 'hard link to a whiteout');",
    to: '',
    attack: ['whiteouts', '*refused: a hard link to an opaque mark'],
  },
  {
    file: 'src/layer/decompress/decompress.ts',
    from: 'if (output > limits.maxUncompressedBytes)',
    to: 'if (false)',
    attack: ['limits', '*a gzip bomb is stopped at TSBUILD_MAX_LAYER_SIZE'],
  },
  {
    file: 'src/layer/decompress/decompress.ts',
    from: 'output > limits.ratioGraceBytes && output > input * limits.maxRatio',
    to: 'false',
    attack: ['limits', '*a zstd bomb is stopped at TSBUILD_MAX_EXPANSION'],
  },
  {
    file: 'src/layer/tar/tar-parser.ts',
    from: 'if (++entries > limits.maxEntries)',
    to: 'if (false)',
    attack: ['limits', '*TSBUILD_MAX_LAYER_ENTRIES bounds the files of an archive'],
  },
  {
    file: 'src/layer/tar/entry-path.ts',
    from: 'if (parts.length > limits.maxPathDepth)',
    to: 'if (false)',
    attack: ['limits', '*a path of 2000 directories is refused*'],
  },
  {
    file: 'src/layer/accounts/account-files.ts',
    from: "trace.kind === 'path' && view.get(trace.path)?.type === 'file'",
    to: "trace.kind === 'path'",
    attack: ['hostile-image', '*--chown by name, /etc/passwd is a FIFO'],
  },
  {
    file: 'src/context/read-small-file.ts',
    from: "if (!stat.isFile()) throw unreadable(name, 'not a regular file');",
    to: '',
    attack: ['context', '*Dockerfile is a FIFO, a device*'],
  },
  {
    file: 'src/registry/document.ts',
    from: 'if (manifests !== undefined && (layers !== undefined || config !== undefined)) {',
    to: 'if (false) {',
    attack: ['registry', '*a manifest that is an index too is refused'],
  },
  {
    file: 'src/layer/read-layer.ts',
    from: 'if (expect.diffId !== undefined && layer.diffId !== expect.diffId) {',
    to: 'if (false) {',
    attack: ['registry', '*a layer with another diff id than its config says*'],
  },
  {
    file: 'src/context/git/confine-subdir.ts',
    from: "if (names.includes('..') || subdir.includes('\\0')) throw refused(subdir, 'points outside the repository');",
    to: '',
    attack: ['git-source', '*the subdirectory ".." stays in the checkout'],
  },
  {
    file: 'src/builder/worker/cache-directory.ts',
    from: "createHash('sha256').update(mount.id).digest('hex')",
    to: 'mount.id',
    attack: ['mounts', '*the id a/../../b lies in the store'],
  },
  {
    file: 'src/builder/sandbox/syscalls/look-up-calls.ts',
    from: 'RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH]',
    to: '0n]',
    attack: ['mounts', '*a bind source that is a link to / shows*'],
  },
  {
    file: 'src/builder/sandbox/syscalls/look-up-calls.ts',
    from: 'O_PATH | O_NOFOLLOW | O_CLOEXEC, 0],\n        [fstat, { resultOf: 2 * i }',
    to: 'O_PATH | O_CLOEXEC, 0],\n        [fstat, { resultOf: 2 * i }',
    attack: ['mounts', '*a bind source that is a link to / shows*'],
  },
  {
    file: 'src/cache/step-key.ts',
    from: '    dest: step.dest,\n',
    to: '',
    attack: ['cache-key', '*COPY a /" is never taken for "COPY a /x"'],
  },
  {
    file: 'src/cache/step-key.ts',
    from: '    argv: step.argv,\n',
    to: '',
    attack: ['cache-key', '*RUN echo 1 > /f" is never taken for "RUN echo 2*'],
  },
  {
    file: 'src/cache/step-key.ts',
    from: '    platform: formatPlatform(parent.platform),\n    parent:',
    to: '    parent:',
    attack: ['cache-key', '*a step of one platform is not taken for another'],
  },
  {
    file: 'src/parser/word-expander.ts',
    from: 'if (text.length + part.length > this.#maxLength)',
    to: 'if (false)',
    attack: ['dockerfile-bounds', '*a heredoc that repeats a long value is refused'],
  },
  {
    file: 'src/plan/plan-stage.ts',
    from: 'if (textSize <= maxText) return { ...next, textSize };',
    to: 'if (textSize >= 0) return { ...next, textSize };',
    attack: ['dockerfile-bounds', '*one long value in very many commands is refused'],
  },
  {
    file: 'src/parser/shell-pattern.ts',
    from: 'refuseTooLong((replaced += replacement.length))',
    to: 'replaced++',
    attack: ['dockerfile-bounds', '*a replacement at every character is refused'],
  },
];

const COPIED = ['src', 'test', 'scripts', 'package.json', 'tsconfig.json'];

function run(cwd, [file, title]) {
  const args = ['ava', '--serial', `build/test/attacks/${file}.test.js`, '--match', title];
  const result = spawnSync('npx', args, {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, TSBUILD_PROVE_DEFENCES: '1' },
  });
  const output = result.stdout + result.stderr;
  const [, failed] = /(\d+) tests? failed/.exec(output) ?? [];
  const [, passed] = /(\d+) tests? passed/.exec(output) ?? [];
  return { passed: Number(passed ?? 0), failed: Number(failed ?? 0), output };
}

function compile(cwd) {
  execFileSync(process.execPath, ['scripts/compile.mjs'], { cwd, stdio: 'inherit' });
}

function mutate(root, { file, from, to }) {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file}: this text does not stand there once: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  return () => writeFileSync(path, text);
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
