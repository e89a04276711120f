// What a build that has nothing to do does not do: load what it does not need, write, start processes.
import test from 'ava';
import { readdirSync, statSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { testNeeding } from '../support/requirements.js';
import { assertBuilt, dockerfileWithShell, hostShell, workspace } from '../support/workspace.js';

/** Prints on standard error, at the end, what of Node was loaded, and what after V8 was set with `late ` in front. */
const SPY = `
const v8 = require('node:v8');
const { setFlagsFromString } = v8;
let before;
v8.setFlagsFromString = (flag) => {
  before ??= new Set(process.moduleLoadList);
  setFlagsFromString(flag);
};
process.on('exit', () => {
  const late = process.moduleLoadList.filter((name) => before?.has(name) === false);
  console.error([...process.moduleLoadList, ...late.map((name) => 'late ' + name), 'flags ' + (before !== undefined)].join('\\n'));
});
`;

/** Files with their change times, but for what says what is used, and when it was. */
function snapshot(directory: string): Record<string, bigint> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !/^(leases|used|builds)(\/|$)/.test(name),
  );
  return Object.fromEntries(
    names.map((name) => [name, statSync(join(directory, name), { bigint: true }).ctimeNs]),
  );
}

test('a build of hits loads no network, no compression, no child process, and writes no more than what it used', async (t) => {
  const { root, store, build } = workspace(t, {
    Dockerfile: 'FROM scratch\nCOPY f /f\nWORKDIR /app\n',
    f: 'content',
  });
  const spy = join(root, 'spy.cjs');
  writeFileSync(spy, SPY);
  const args = ['--progress', 'quiet', '-t', 'start:1'];
  // The file is too young for the stat cache in the first of them.
  for (let i = 0; i < 2; i++) t.is((await build(args)).code, 0);
  const before = snapshot(join(store, 'v1'));
  const { code, stderr } = await build(args, { env: { NODE_OPTIONS: `--require=${spy}` } });
  t.is(code, 0, stderr);
  const loaded = new Set(stderr.split('\n'));
  for (const name of [
    'assert',
    'child_process',
    'dns',
    'fs/promises',
    'http',
    'https',
    'net',
    'timers/promises',
    'tls',
    'worker_threads',
    'zlib',
  ])
    t.false(loaded.has(`NativeModule ${name}`), name);
  t.is(loaded.has('flags true'), process.versions.v8.startsWith('11.3.'));
  // Node compiles its own modules anew once V8 is set otherwise.
  t.deepEqual(
    [...loaded].filter((name) => name.startsWith('late NativeModule')),
    [],
  );
  t.true(loaded.has('NativeModule crypto'), 'the list is what it is taken for');
  t.deepEqual(snapshot(join(store, 'v1')), before);
});

test('a step that is made measures no time by a module that Node would have to compile for it', async (t) => {
  const { root, build } = workspace(t, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'content' });
  const spy = join(root, 'spy.cjs');
  writeFileSync(spy, SPY);
  const args = ['--progress', 'quiet', '-t', 'start:3'];
  const { code, stderr } = await build(args, { env: { NODE_OPTIONS: `--require=${spy}` } });
  t.is(code, 0, stderr);
  t.false(stderr.split('\n').includes('NativeModule perf_hooks'));
});

testNeeding('sandbox')(
  'a sandbox that was started for nothing is not waited for, and says nothing',
  async (t) => {
    const space = workspace(t, {
      Dockerfile: dockerfileWithShell('COPY app /app\nRUN echo made > /made\n'),
      'app/a': 'one',
      'app/b': 'two',
    });
    const args = ['-t', 'start:1', '--progress', 'plain', ...hostShell()];
    // The files are too young for the stat cache in the first of them.
    for (let i = 0; i < 2; i++) assertBuilt(t, await space.build(args));
    // What was said of the machine is said again then.
    rmSync(join(space.store, 'v1', 'said'), { recursive: true });
    space.write('app/b', 'two');
    const built = await space.build(args);
    assertBuilt(t, built);
    t.regex(built.stderr, /CACHED/);
    t.notRegex(built.stderr, /isolation/, 'no RUN was executed');
    space.write('app/b', 'three');
    t.regex((await space.build(args)).stderr, /isolation/);
  },
);
