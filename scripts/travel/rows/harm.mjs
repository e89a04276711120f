// Row 11: a cache that is cut, forged or half gone: the image is that of --no-cache, the build ends well, and one sentence says it.
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createScratch, tsbuild } from '../../share/bench.mjs';
import { comparable, root, rootfsOf } from '../builds.mjs';

/** What is done to the files of a cache, by name. */
const HARMS = {
  'flipped bits in every blob': (blob) => {
    const bytes = readFileSync(blob);
    bytes[bytes.length >> 1] ^= 0x10;
    writeFileSync(blob, bytes);
  },
  'cut blobs': (blob) => truncateSync(blob, statSync(blob).size >> 1),
  'blobs that are gone': (blob) => rmSync(blob),
  'empty blobs': (blob) => truncateSync(blob, 0),
  'layers that are gone': (blob) => isLayer(blob) && rmSync(blob),
  'cut layers': (blob) => isLayer(blob) && truncateSync(blob, statSync(blob).size - 9),
  'layers of the same size with other bytes': (blob) =>
    isLayer(blob) && writeFileSync(blob, Buffer.alloc(statSync(blob).size, 1)),
};

/** Records and documents are small. */
const isLayer = (blob) => statSync(blob).size > 4096;

export async function run() {
  const scratch = createScratch();
  try {
    const context = writeHostContext(scratch.path);
    const shell = execFileSync(process.execPath, ['scripts/host-shell.mjs'], { cwd: root, encoding: 'utf8' });
    const build = (name, ...more) => {
      const [store, out] = [join(scratch.path, `store-${name}`), join(scratch.path, `out-${name}`)];
      const options = [...shell.trim().split(' '), ...comparable(out), ...more];
      const args = ['build', '--progress', 'plain', ...options, context];
      return tsbuild(args, { store, env: { SOURCE_DATE_EPOCH: '1' } }).then(({ stderr }) => ({
        stderr,
        rootfs: rootfsOf(out),
      }));
    };
    const cache = join(scratch.path, 'cache');
    const { rootfs } = await build('first', '--cache-to', `type=local,mode=max,dest=${cache}`);
    const rows = [];
    for (const [at, [title, harm]] of Object.entries(HARMS).entries()) {
      const harmed = join(scratch.path, `cache-${at}`);
      cpSync(cache, harmed, { recursive: true });
      const blobs = join(harmed, 'blobs/sha256');
      for (const name of readdirSync(blobs)) harm(join(blobs, name));
      const result = await build(String(at), '--cache-from', `type=local,src=${harmed}`).catch((error) => ({
        rootfs: error.message,
        stderr: '',
      }));
      const told = result.stderr
        .split('\n')
        .filter((line) => line.startsWith('note: ') && line.includes(harmed));
      rows.push({
        isGood: result.rootfs === rootfs && told.length === 1,
        figures: `${title}: the image is ${result.rootfs === rootfs ? 'the same' : `another: ${result.rootfs}`}, ${told.length} sentences`,
      });
    }
    return rows;
  } finally {
    scratch.remove();
  }
}

/** A RUN with the shell of this machine that makes a file of random size, and one upon it. */
function writeHostContext(folder) {
  const context = join(folder, 'context');
  mkdirSync(context);
  const hello = readFileSync(join(root, 'fixtures/hello/Dockerfile'), 'utf8');
  const shell = hello.slice(0, hello.indexOf('COPY greeting.txt'));
  writeFileSync(
    join(context, 'Dockerfile'),
    `${shell}COPY data /data\nRUN read -r line < /data; echo "$line one" > /one\nRUN read -r line < /one; echo "$line two" > /two\n`,
  );
  writeFileSync(join(context, 'data'), 'the first line\n');
  return context;
}
