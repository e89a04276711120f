// A host that is not Linux and has no package for system calls: what has no RUN builds as it does everywhere, a RUN is
// refused with its reason. The command is the bundle, loaded under test/support/other-host.ts.
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../support/project-root.js';
import { conformanceFolder, testNeeding } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const preload = new URL('../support/other-host.js', import.meta.url);
const elsewhere = { NODE_OPTIONS: `--import=${preload.href}` };

const FILES = {
  Dockerfile: `FROM scratch AS base
WORKDIR /app
COPY --chown=7:8 --chmod=640 a b/ ./files/
ADD archive.tar /unpacked/
COPY <<END /etc/passwd
me:x:12:34::/home/me:/bin/sh
END
FROM base
COPY --from=base --chown=me /app /copy
ENV A=1
USER me
CMD ["/bin/true"]
`,
  a: 'a',
  'b/c': 'c',
};

test('COPY, ADD and WORKDIR give the image that Linux gives', async (t) => {
  const space = workspace(t, FILES);
  execFileSync('tar', ['-C', space.context, '-cf', join(space.context, 'archive.tar'), 'b']);
  const args = ['-q', '--build-arg', 'SOURCE_DATE_EPOCH=1', '--no-cache', '-t', 'app:1'];
  const here = await space.build(args);
  assertBuilt(t, here);
  const there = await space.build(args, { env: elsewhere });
  assertBuilt(t, there);
  t.regex(there.stdout.toString(), /^sha256:/);
  t.is(there.stdout.toString(), here.stdout.toString());
});

test('a RUN is refused with its reason', async (t) => {
  const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\nRUN ["/none"]\n' });
  for (const isolation of ['auto', 'userns']) {
    const run = await space.build(['--isolation', isolation], { env: elsewhere });
    t.is(run.code, 5, run.stderr);
    t.regex(run.stderr, /ERROR: RUN needs Linux, this is darwin\nhint: build on Linux/);
    t.regex(run.stderr, /`tsbuild doctor`/);
    t.regex(run.stderr, />>> RUN/);
  }
});

test('--isolation none refuses a RUN everywhere, and nothing else', async (t) => {
  const withRun = workspace(t, { Dockerfile: 'FROM scratch\nRUN ["/none"]\n' });
  const refused = await withRun.build(['--isolation', 'none']);
  t.is(refused.code, 5, refused.stderr);
  t.regex(refused.stderr, /--isolation none does not allow\nhint: leave --isolation out\n.*`tsbuild doctor`/);
  const without = workspace(t, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
  assertBuilt(t, await without.build(['--isolation', 'none'], { env: elsewhere }));
});

test('doctor says that nothing but RUN is missing', async (t) => {
  const run = await runTsbuild(['doctor', '--json'], { store: join(tempDir(t), 'store'), env: elsewhere });
  t.is(run.code, 5, run.stderr);
  const { isolation, rungs } = JSON.parse(run.stdout.toString()) as {
    isolation: string;
    rungs: { works: boolean; code: string; reason: string }[];
  };
  t.is(isolation, 'none');
  t.true(rungs.length > 0);
  for (const { works, code, reason } of rungs)
    t.deepEqual([works, code, reason], [false, 'SANDBOX_UNSUPPORTED', 'RUN needs Linux, this is darwin']);
});

interface ConformanceCase {
  readonly id: string;
  readonly dockerfileText: string;
}

const HAS_RUN = /^\s*(ONBUILD\s+)?RUN\b/im;

/** The cases that need no sandbox, as a pattern for `check-golden.py --only`. */
function casesWithoutRun(folder: string): { readonly count: number; readonly pattern: string } {
  const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as ConformanceCase[];
  const ids = cases.filter(({ dockerfileText }) => !HAS_RUN.test(dockerfileText)).map(({ id }) => id);
  const escaped = ids.map((id) => id.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return { count: ids.length, pattern: `^(${escaped.join('|')})$` };
}

testNeeding('conformance', 'bases')(
  'every conformance case without RUN gives the image of BuildKit there',
  (t) => {
    t.timeout(600_000);
    const folder = conformanceFolder() ?? '';
    const { count, pattern } = casesWithoutRun(folder);
    t.true(count > 50);
    const program = join(projectRoot, 'bin', 'tsbuild.js');
    const adapter = join(folder, 'adapters', 'tsbuild.mjs');
    const output = execFileSync(
      join(folder, 'check-golden.py'),
      ['--adapter', adapter, '--only', pattern, '--jobs', '2'],
      {
        encoding: 'utf8',
        env: {
          ...process.env,
          TSBUILD: `${process.execPath} --import=${fileURLToPath(preload)} ${program}`,
          TSBUILD_ROOT: tempDir(t),
        },
      },
    );
    t.regex(output, new RegExp(`^${count} passed, 0 failed`, 'm'), output);
  },
);
