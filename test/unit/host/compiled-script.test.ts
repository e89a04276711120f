// V8 runs the form that it is given without a look at the script: a form of another script of the same length shows
// which of them were taken.
import test, { type ExecutionContext } from 'ava';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { tempDir } from '../layer/tar/support/temp-dir.js';

const MODULE = fileURLToPath(new URL('../../../src/host/compiled-script.js', import.meta.url));
const isRoot = process.geteuid?.() === 0;
/** nobody: one who is not root, and cannot write what root owns. */
const OTHER = 65534;

const PROGRAM = `
const { openScript } = await import(${JSON.stringify(MODULE)});
const [path, folder, mode, ...args] = process.argv.slice(1);
globalThis.args = args;
const script = openScript(path, folder || undefined);
script.run((name) => name);
script.keepAtExit(() => mode === 'full');
`;

/** As a bundle: a function, whose own functions are compiled when they run first, and the digest of it. */
const scriptOf = (word: string): string =>
  signed(`(function (require, path) {
  const one = () => console.log('${word}');
  const many = () => console.log(['a', 'b', 'c'].map((x) => x + require(x)).filter((x) => x.length > 1).join('${word}'));
  const fail = () => { process.exitCode = 3; };
  ({ one, many, fail })[globalThis.args[0] ?? 'one']();
})
`);

function signed(text: string): string {
  return `${text}//${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

interface Installed {
  readonly script: string;
  readonly folder: string;
  /** What it printed, and whatever it wrote on standard error. */
  run(...args: string[]): Promise<string>;
}

/**
 * A script in a folder of its own, and a folder for forms that is not there yet. `isReadOnly`: the user who runs it
 * cannot write the first.
 */
function install(t: ExecutionContext, { isReadOnly = false, text = scriptOf('good') } = {}): Installed {
  const root = tempDir(t);
  const at = join(root, 'package');
  const home = join(root, 'home');
  for (const folder of [at, home]) mkdirSync(folder);
  const script = join(at, 'main.cjs');
  writeFileSync(script, text);
  chmodSync(root, 0o755);
  if (isReadOnly) chmodSync(at, 0o555);
  t.teardown(() => chmodSync(at, 0o755));
  const ids = isReadOnly && isRoot ? { uid: OTHER, gid: OTHER } : {};
  if (ids.uid !== undefined) chownSync(home, OTHER, OTHER);
  const folder = join(home, 'cache', 'compiled');
  const run = async (mode = 'full', ...args: string[]): Promise<string> => {
    const program = ['--input-type=module', '-e', PROGRAM, script, folder, mode, ...args];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, program, { ...ids, cwd: '/' });
    return stdout + stderr;
  };
  return { script, folder, run };
}

const formsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name !== 'main.cjs');
const packageOf = ({ script }: Installed): string => join(script, '..');

/** The form that is kept, and its path. */
function formIn(folder: string): { path: string; data: Buffer } {
  const [name = ''] = formsIn(folder);
  return { path: join(folder, name), data: readFileSync(join(folder, name)) };
}

/** A form of a script of the same length that says `evil`. */
async function evilForm(t: ExecutionContext): Promise<Buffer> {
  const evil = install(t, { text: scriptOf('evil') });
  await evil.run();
  return formIn(packageOf(evil)).data;
}

test('a form is kept beside the script, grows by what ran, and then stays as it is', async (t) => {
  const installed = install(t);
  const at = packageOf(installed);
  t.is(await installed.run(), 'good\n');
  const first = formIn(at).data;
  t.is(await installed.run('partial', 'many'), 'aagoodbbgoodcc\n');
  t.deepEqual(formIn(at).data, first, 'a process that is not full adds nothing');
  await installed.run('full', 'many');
  const grown = formIn(at).data;
  t.true(grown.length > first.length);
  for (const mode of ['partial', 'full', 'full']) await installed.run(mode, 'many');
  const settled = formIn(at).data;
  t.deepEqual([settled.subarray(0, -1), settled.at(-1)], [grown.subarray(0, -1), 1]);
  t.is(formsIn(at).length, 1);
});

test('a process that fails keeps nothing', async (t) => {
  const installed = install(t);
  await t.throwsAsync(installed.run('full', 'fail'), { code: 3 });
  t.deepEqual(formsIn(packageOf(installed)), []);
});

test('a form is run, and one that anything else has made is not', async (t) => {
  const evil = await evilForm(t);
  const installed = install(t);
  await installed.run();
  const { path, data } = formIn(packageOf(installed));
  writeFileSync(path, evil);
  t.is(await installed.run(), 'evil\n', 'V8 takes it: the script is not looked at');
  const cases = {
    'cut at the end': data.subarray(0, -100),
    'of a few bytes': data.subarray(0, 5),
    empty: Buffer.alloc(0),
    zeros: Buffer.alloc(data.length),
    // The hash of the version is the second word of the header.
    'of another version of V8': Buffer.concat([evil.subarray(0, 4), Buffer.alloc(4, 7), evil.subarray(8)]),
  };
  for (const [name, form] of Object.entries(cases)) {
    writeFileSync(path, form);
    t.is(await installed.run(), 'good\n', name);
    t.true(formIn(packageOf(installed)).data.length >= data.length, `${name}: it is made anew`);
  }
});

test('a script that was changed has no form, even when its length and its times are the same', async (t) => {
  const installed = install(t, { text: scriptOf('evil') });
  t.is(await installed.run(), 'evil\n');
  writeFileSync(installed.script, scriptOf('good'));
  t.is(await installed.run(), 'good\n');
});

test('where the folder of the script cannot be written, the form is kept in one of the user', async (t) => {
  const installed = install(t, { isReadOnly: true });
  t.is(await installed.run(), 'good\n');
  t.deepEqual(formsIn(packageOf(installed)), []);
  const { path } = formIn(installed.folder);
  writeFileSync(path, await evilForm(t));
  t.is(await installed.run(), 'evil\n', 'it is taken from there');
});

test('where no form can be kept, a start is only slower', async (t) => {
  const installed = install(t, { isReadOnly: true });
  // A file where the folder would be.
  writeFileSync(join(installed.folder, '..'), '');
  for (let i = 0; i < 2; i++) t.is(await installed.run(), 'good\n');
});

/** What another user could do to have a form run, when the folder of the user's own was not made by tsbuild. */
const PLANTED: Readonly<Record<string, (form: { folder: string; path: string }) => void>> = {
  'in a folder that others may write': ({ folder }) => chmodSync(folder, 0o777),
  'in a folder that a group may write': ({ folder }) => chmodSync(folder, 0o770),
  'as a file that others may write': ({ path }) => chmodSync(path, 0o666),
  'by a link in place of the form': ({ path }) => {
    renameSync(path, `${path}.planted`);
    symlinkSync(`${path}.planted`, path);
  },
  'by a link in place of the folder': ({ folder }) => {
    renameSync(folder, `${folder}.planted`);
    symlinkSync(`${folder}.planted`, folder);
  },
  'as a directory': ({ path }) => {
    rmSync(path);
    mkdirSync(path);
  },
  ...(isRoot && {
    'in a folder of another user': ({ folder }: { folder: string }) => chownSync(folder, OTHER - 1, OTHER),
    'as a file of another user': ({ path }: { path: string }) => chownSync(path, OTHER - 1, OTHER),
  }),
};

for (const [how, plant] of Object.entries(PLANTED)) {
  test(`a form is not run that was planted ${how}`, async (t) => {
    const installed = install(t, { isReadOnly: true });
    await installed.run();
    const { path } = formIn(installed.folder);
    writeFileSync(path, await evilForm(t));
    t.is(await installed.run(), 'evil\n', 'without the plot it is');
    plant({ folder: installed.folder, path });
    t.is(await installed.run(), 'good\n');
  });
}

test('many processes at once keep one whole form', async (t) => {
  const installed = install(t);
  const words = await Promise.all(
    Array.from({ length: 6 }, (_, i) => installed.run('full', i % 2 ? 'one' : 'many')),
  );
  t.deepEqual([...new Set(words)].toSorted(), ['aagoodbbgoodcc\n', 'good\n']);
  t.is(formsIn(packageOf(installed)).length, 1);
  t.is(await installed.run('full', 'many'), 'aagoodbbgoodcc\n');
});
