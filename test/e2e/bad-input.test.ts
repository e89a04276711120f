// What a user can get wrong in the files of a build: each names what and where, exits with the status of its family and
// leaves the store as it was.
import test, { type ExecutionContext } from 'ava';
import { storeState } from '../support/temp-store.js';
import type { TsbuildRun } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';

interface BadBuild {
  readonly title: string;
  readonly dockerfile: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly code: number;
  /** All of them stand in the output. */
  readonly says: readonly (string | RegExp)[];
}

const STAGES = 'FROM scratch AS build\nCOPY good.txt /\n';

const BAD_BUILDS: readonly BadBuild[] = [
  {
    title: 'an empty Dockerfile',
    dockerfile: '',
    code: 3,
    says: ['the Dockerfile cannot be empty', 'Dockerfile'],
  },
  { title: 'only comments', dockerfile: '# nothing\n', code: 3, says: ['file with no instructions'] },
  {
    title: 'an unknown instruction',
    dockerfile: 'FROM scratch\nCOPPY good.txt /\n',
    code: 3,
    says: [
      'unknown instruction: COPPY (did you mean COPY?)',
      'line 2',
      'Dockerfile:2',
      /2 \| >>> COPPY good\.txt/,
    ],
  },
  {
    title: 'an unknown flag',
    dockerfile: 'FROM scratch\nCOPY --fron=x good.txt /\n',
    code: 3,
    says: ['unknown flag: --fron (did you mean from?)', 'Dockerfile:2'],
  },
  {
    title: 'a source above the context',
    dockerfile: 'FROM scratch\nCOPY ../outside /\n',
    code: 4,
    says: ['"/outside": not found', '--build-context NAME=FOLDER', 'Dockerfile:2'],
  },
  {
    title: 'a base whose tag has no value',
    dockerfile: 'ARG TAG\nFROM busybox:$TAG\n',
    code: 3,
    says: ['busybox:$TAG gives "busybox:"', '--build-arg TAG=VALUE', 'Dockerfile:2'],
  },
  {
    title: 'a limit as docker build has it',
    dockerfile: 'FROM scratch\n',
    args: ['-m', '1g'],
    code: 2,
    says: ['--memory is not supported', '--resource memory=SIZE'],
  },
  {
    title: 'too few arguments',
    dockerfile: 'FROM scratch\n\nCOPY good.txt\n',
    code: 3,
    says: ['COPY requires at least two arguments', 'Dockerfile:3'],
  },
  {
    title: 'an instruction before FROM',
    dockerfile: 'COPY good.txt /\n',
    code: 3,
    says: ['no build stage in current context', 'Dockerfile:1'],
  },
  {
    title: 'an unterminated heredoc',
    dockerfile: 'FROM scratch\nCOPY <<EOF /x\ntext\n',
    code: 3,
    says: ['unterminated heredoc', 'Dockerfile:2'],
  },
  {
    title: 'a required variable that is not set',
    dockerfile: 'FROM scratch\nARG V\nLABEL v=${V:?must be set}\n',
    code: 3,
    says: ['must be set', 'Dockerfile:3'],
  },
  {
    title: 'COPY of a missing file',
    dockerfile: 'FROM scratch\nCOPY good.txt /good\nCOPY missing.txt /\n',
    code: 4,
    says: ['"/missing.txt": not found', 'Dockerfile:3', />>> COPY missing\.txt/],
  },
  {
    title: 'COPY of an ignored file',
    dockerfile: 'FROM scratch\nCOPY logs/a.log /\n',
    files: { '.dockerignore': '# logs\n**/*.log\n', 'logs/a.log': 'x' },
    code: 4,
    says: ['"/logs/a.log": not found', '.dockerignore', '**/*.log', 'Dockerfile:2'],
  },
  {
    title: 'COPY from a stage that comes later',
    dockerfile: `${STAGES}COPY --from=later /x /x\nFROM scratch AS later\n`,
    args: ['--target', 'build'],
    code: 3,
    says: [
      'cannot copy from stage "later", it needs to be defined before current stage "build"',
      'Dockerfile:3',
    ],
  },
  {
    title: 'stages that need each other',
    dockerfile: `${STAGES}COPY --from=later /x /x\nFROM scratch AS later\nCOPY --from=build /good.txt /\n`,
    code: 3,
    says: ['circular dependency detected on stage: ', 'Dockerfile:'],
  },
  {
    title: 'a stage that needs itself',
    dockerfile: `${STAGES}COPY --from=build /good.txt /x\n`,
    code: 3,
    says: ['build', 'Dockerfile:3'],
  },
  {
    title: 'an unknown target',
    dockerfile: STAGES,
    args: ['--target', 'biuld'],
    code: 3,
    says: ['target stage "biuld" could not be found (did you mean build?)'],
  },
  {
    title: 'an invalid stage index',
    dockerfile: `${STAGES}FROM scratch\nCOPY --from=7 /x /\n`,
    code: 3,
    says: ['7', 'Dockerfile:4'],
  },
  { title: 'an invalid tag', dockerfile: STAGES, args: ['-t', 'UPPER:1'], code: 2, says: ['UPPER:1'] },
  {
    title: 'an unknown option',
    dockerfile: STAGES,
    args: ['--no-cach'],
    code: 2,
    says: ['--no-cach', '--no-cache'],
  },
  {
    title: 'an unknown output type',
    dockerfile: STAGES,
    args: ['--output', 'type=ocl,dest=x'],
    code: 2,
    says: ['ocl'],
  },
];

function assertSays(t: ExecutionContext, run: TsbuildRun, says: readonly (string | RegExp)[]): void {
  for (const part of says) {
    const isThere = typeof part === 'string' ? run.stderr.includes(part) : part.test(run.stderr);
    t.true(isThere, `${String(part)} is missing in:\n${run.stderr}`);
  }
  t.notRegex(run.stderr, /^\s+at .*\(.*:\d+:\d+\)$/m, 'a stack trace is for bugs of tsbuild');
}

for (const { title, dockerfile, files, args = [], code, says } of BAD_BUILDS) {
  test(`${title} exits ${code}`, async (t) => {
    const space = workspace(t, {
      Dockerfile: 'FROM scratch\nCOPY good.txt /good\n',
      'good.txt': 'good',
      ...files,
    });
    assertBuilt(t, await space.build(['-t', 'good:1']));
    const before = await storeState(space.store);
    space.write('Dockerfile', dockerfile);
    const run = await space.build(args);
    t.is(run.code, code, run.stderr);
    assertSays(t, run, says);
    t.deepEqual(await storeState(space.store), before);
  });
}

test('a folder in the place of the Dockerfile exits 4', async (t) => {
  const space = workspace(t, { 'folder/file': '' });
  const run = await space.build(['-f', `${space.context}/folder`]);
  t.is(run.code, 4, run.stderr);
  assertSays(t, run, ['folder: is a directory', 'hint: name a file in it']);
});

test('a source that a stage has under another name exits 4 and is named', async (t) => {
  const space = workspace(t, { 'good.txt': 'good' });
  space.write('Dockerfile', `${STAGES}FROM scratch\nCOPY --from=build /god.txt /\n`);
  const run = await space.build([]);
  t.is(run.code, 4, run.stderr);
  assertSays(t, run, ['"/god.txt": not found', 'did you mean /good.txt?', 'Dockerfile:4']);
});

test('a missing Dockerfile exits 3', async (t) => {
  const run = await workspace(t, { 'good.txt': 'x' }).build([]);
  t.is(run.code, 3, run.stderr);
  assertSays(t, run, ['failed to read dockerfile: open Dockerfile: no such file or directory']);
});

test('a missing context exits 4 and is named', async (t) => {
  const space = workspace(t, {});
  const run = await space.build([], { context: `${space.root}/nowhere` });
  t.is(run.code, 4, run.stderr);
  assertSays(t, run, [`${space.root}/nowhere`]);
});

test('no context at all exits 2', async (t) => {
  const run = await workspace(t, {}).build(['-q'], { context: '' });
  t.is(run.code, 2, run.stderr);
});
