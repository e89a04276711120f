// The build contexts of the benchmark: the same bytes on every machine, made once per work directory.
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A repeatable pseudo-random stream of numbers in [0, 1). */
function randomStream(seed) {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const WORDS = Array.from(
  { length: 4096 },
  (_, i) => `w${((i * 2654435761) >>> 0).toString(36).slice(0, 2 + (i % 6))}`,
);

function text(bytes, random) {
  const words = [];
  for (let length = 0; length < bytes;) {
    const word = WORDS[Math.floor(random() * random() * WORDS.length)];
    words.push(word);
    length += word.length + 1;
  }
  return words.join(' ');
}

/** `files` text files below `dir`, 20 in a directory. */
export function fileTree(dir, { files, meanBytes, seed }) {
  if (existsSync(dir)) return;
  const random = randomStream(seed);
  for (let i = 0; i < files; i++) {
    const folder = join(dir, `p${Math.floor(i / 400)}`, `d${Math.floor(i / 20)}`);
    if (i % 20 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `f${i}.js`), text(meanBytes * (0.2 + 1.6 * random()), random));
  }
}

export function randomFile(path, mebibytes) {
  if (existsSync(path)) return;
  const random = randomStream(3);
  const fd = openSync(path, 'w');
  const block = Buffer.alloc(1 << 20);
  for (let i = 0; i < mebibytes; i++) {
    for (let at = 0; at < block.length; at += 4) block.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
    writeSync(fd, block);
  }
  closeSync(fd);
}

/** A tar of a tree of files, which is not kept. */
export function tarOfFiles(path, tree) {
  if (existsSync(path)) return;
  fileTree(join(`${path}.d`, 'files'), tree);
  execFileSync('tar', ['cf', path, '-C', `${path}.d`, 'files']);
}

/** A directory with this Dockerfile; `fill` adds the rest. */
export function context(dir, dockerfile, fill = () => undefined) {
  mkdirSync(dir, { recursive: true });
  fill(dir);
  writeFileSync(join(dir, 'Dockerfile'), dockerfile);
  return dir;
}
