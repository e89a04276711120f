import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import { fetchGit, type FetchedGit, type FetchGitOptions } from '../../../../src/context/git/fetch-git.js';
import { createGitSession } from '../../../../src/context/git/git-session.js';
import { resolveGitRef } from '../../../../src/context/git/resolve-git-ref.js';
import { runGit } from '../../../../src/context/git/run-git.js';

const env = { PATH: process.env.PATH };

function temporary(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-git-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

interface Repository {
  readonly path: string;
  readonly remote: string;
  git(...args: string[]): string;
  commit(files: Readonly<Record<string, string>>): string;
}

function repository(t: ExecutionContext): Repository {
  const path = join(temporary(t), 'repo');
  mkdirSync(path);
  const identity = {
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@a',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@a',
  };
  const dates = { GIT_AUTHOR_DATE: '1700000000 +0000', GIT_COMMITTER_DATE: '1700000000 +0000' };
  const isolated = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', HOME: path };
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', path, '-c', 'protocol.file.allow=always', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...env, ...identity, ...dates, ...isolated },
    }).trim();
  git('init', '--quiet', '-b', 'main');
  return {
    path,
    remote: `file://${path}`,
    git,
    commit(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(join(path, name, '..'), { recursive: true });
        writeFileSync(join(path, name), content);
      }
      git('add', '-A');
      git('commit', '--quiet', '--allow-empty', '-m', 'x');
      return git('rev-parse', 'HEAD');
    },
  };
}

function fetch(
  t: ExecutionContext,
  source: FetchGitOptions['source'],
  more: Partial<FetchGitOptions> = {},
): Promise<FetchedGit> {
  return fetchGit({ source, dir: join(temporary(t), 'fetched'), env, allowFile: true, ...more });
}

test('the default branch, a branch, a tag, an annotated tag, a commit', async (t) => {
  const repo = repository(t);
  const first = repo.commit({ f: '1' });
  repo.git('tag', 'light');
  repo.git('tag', '-m', 'note', 'annotated');
  repo.git('branch', 'side/branch');
  const second = repo.commit({ f: '2' });
  repo.git('tag', 'main');
  const expected: readonly (readonly [string | undefined, string])[] = [
    [undefined, second],
    ['main', second],
    ['light', first],
    ['annotated', first],
    ['refs/tags/annotated', first],
    ['heads/side/branch', first],
    ['side/branch', first],
    [first, first],
  ];
  for (const [ref, sha] of expected) {
    const fetched = await fetch(t, { remote: repo.remote, ...(ref === undefined ? {} : { ref }) });
    t.is(fetched.sha, sha, ref);
    t.is(readFileSync(join(fetched.directory, 'f'), 'utf8'), sha === first ? '1' : '2', ref);
    t.deepEqual(readdirSync(fetched.directory), ['f']);
    const session = createGitSession({ remote: repo.remote, cwd: temporary(t), env, allowFile: true });
    t.is((await resolveGitRef(session, ref)).sha, sha, ref);
  }
});

test('a ref or commit that is not there', async (t) => {
  const repo = repository(t);
  repo.commit({ f: '' });
  const missing = await t.throwsAsync(fetch(t, { remote: repo.remote, ref: 'nope' }), { code: 'ADD_GIT' });
  t.regex(missing?.message ?? '', /repository does not contain ref nope$/);
  await t.throwsAsync(fetch(t, { remote: repo.remote, ref: 'a'.repeat(40) }), { code: 'ADD_GIT' });
  await t.throwsAsync(fetch(t, { remote: `${repo.remote}-not` }), { code: 'ADD_GIT' });
});

test('names that could be options, or are none, never reach git', async (t) => {
  const repo = repository(t);
  repo.commit({ f: '' });
  for (const ref of [
    '--upload-pack=touch /tmp/x',
    '-x',
    'a b',
    'a..b',
    'a:b',
    'a~1',
    'a^',
    '*',
    '/a',
    'a\nb',
    '@{1}',
  ]) {
    await t.throwsAsync(
      fetch(t, { remote: repo.remote, ref }),
      { code: 'ADD_GIT', message: /not a valid git ref/ },
      ref,
    );
  }
  for (const remote of [
    '--upload-pack=x',
    'ext::sh -c x',
    'ssh://-oProxyCommand=x/y',
    'https://u@-h/x',
    'file://relative',
    '/etc',
    '-x@h:y',
    'fd::3',
    'https://h/\nx',
  ]) {
    await t.throwsAsync(fetch(t, { remote }), { code: 'ADD_GIT', message: /not a git remote/ }, remote);
  }
  await t.throwsAsync(fetch(t, { remote: repo.remote }, { allowFile: false }), {
    code: 'ADD_GIT',
    message: /not a git remote/,
  });
});

test('modes do not depend on the umask; times can be those of the commit', async (t) => {
  const repo = repository(t);
  writeFileSync(join(repo.path, 'exe'), '', { mode: 0o755 });
  symlinkSync('../../etc', join(repo.path, 'link'));
  repo.commit({ 'd/f': 'x' });
  const before = process.umask(0o077);
  const { directory } = await fetch(t, { remote: repo.remote, mtime: 'commit' });
  process.umask(before);
  const mode = (name: string): number => lstatSync(join(directory, name)).mode & 0o7777;
  t.deepEqual([mode('.'), mode('d'), mode('d/f'), mode('exe')], [0o755, 0o755, 0o644, 0o755]);
  for (const name of ['.', 'd', 'd/f', 'exe', 'link'])
    t.is(lstatSync(join(directory, name)).mtimeMs, 1_700_000_000_000, name);
  t.true(lstatSync(join(directory, 'link')).isSymbolicLink());
});

test('subdirectories stay inside', async (t) => {
  const repo = repository(t);
  symlinkSync('/etc', join(repo.path, 'abs'));
  symlinkSync('real', join(repo.path, 'rel'));
  repo.commit({ 'real/deep/f': 'x', file: '' });
  const inside = await fetch(t, { remote: repo.remote, subdir: '/real/./deep/' });
  t.deepEqual(readdirSync(inside.directory), ['f']);
  for (const subdir of ['../../etc', 'real/../../x', '..']) {
    await t.throwsAsync(
      fetch(t, { remote: repo.remote, ref: 'main', subdir }),
      { code: 'ADD_GIT', message: /points outside the repository/ },
      subdir,
    );
  }
  await t.throwsAsync(fetch(t, { remote: repo.remote, subdir: 'abs' }), {
    message: /"abs" is a symbolic link/,
  });
  await t.throwsAsync(fetch(t, { remote: repo.remote, subdir: 'rel/deep' }), {
    message: /"rel" is a symbolic link/,
  });
  await t.throwsAsync(fetch(t, { remote: repo.remote, subdir: 'none' }), {
    message: /not found in the repository/,
  });
  await t.throwsAsync(fetch(t, { remote: repo.remote, subdir: 'file' }), { message: /not a directory/ });
});

test('.git is kept when asked for', async (t) => {
  const repo = repository(t);
  const sha = repo.commit({ f: 'x' });
  const { directory } = await fetch(t, { remote: repo.remote, keepGitDir: true });
  t.is(
    execFileSync('git', ['-C', directory, '-c', `safe.directory=${directory}`, 'rev-parse', 'HEAD'], {
      encoding: 'utf8',
    }).trim(),
    sha,
  );
  t.is(execFileSync('git', ['-C', directory, 'status', '--porcelain'], { encoding: 'utf8' }), '');
  t.false(existsSync(join(directory, '.git', 'FETCH_HEAD')));
});

test('checksums', async (t) => {
  const repo = repository(t);
  const first = repo.commit({ f: '1' });
  const second = repo.commit({ f: '2' });
  t.is((await fetch(t, { remote: repo.remote, checksum: second.slice(0, 9) })).sha, second);
  t.is(
    (await fetch(t, { remote: repo.remote, checksum: first })).sha,
    first,
    'a full id is enough to find it',
  );
  t.is(
    (await fetch(t, { remote: repo.remote, ref: 'main', checksum: first, fetchByCommit: true })).sha,
    first,
  );
  const wrong = await t.throwsAsync(fetch(t, { remote: repo.remote, ref: 'main', checksum: first }), {
    code: 'ADD_CHECKSUM',
  });
  t.regex(wrong?.message ?? '', new RegExp(`expected checksum to match ${first}, got ${second}`));
  await t.throwsAsync(fetch(t, { remote: repo.remote, checksum: '--x' }), { code: 'ADD_CHECKSUM' });
});

test('submodules never read local repositories; they can be left out', async (t) => {
  const inner = repository(t);
  inner.commit({ i: 'inner' });
  const outer = repository(t);
  outer.commit({ o: '' });
  outer.git('submodule', '--quiet', 'add', inner.remote, 'sub');
  outer.commit({});
  const refused = await t.throwsAsync(fetch(t, { remote: outer.remote }), { code: 'ADD_GIT' });
  t.regex(refused?.message ?? '', /transport 'file' not allowed/);
  const { directory } = await fetch(t, { remote: outer.remote, submodules: false });
  t.deepEqual(readdirSync(directory), ['.gitmodules', 'o', 'sub']);
  t.deepEqual(readdirSync(join(directory, 'sub')), []);
});

test('hooks, filters and configuration of the host or the repository do not run', async (t) => {
  const repo = repository(t);
  const home = temporary(t);
  const marker = join(home, 'ran');
  const hook = join(home, 'hooks');
  mkdirSync(hook);
  writeFileSync(join(hook, 'post-checkout'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
  writeFileSync(
    join(home, '.gitconfig'),
    `[core]\n hooksPath = ${hook}\n[filter "x"]\n smudge = touch ${marker}\n`,
  );
  repo.commit({ f: 'x', '.gitattributes': '* filter=x\n' });
  await fetch(
    t,
    { remote: repo.remote },
    {
      env: {
        ...env,
        HOME: home,
        XDG_CONFIG_HOME: home,
        GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
        GIT_SSH_COMMAND: `touch ${marker}`,
      },
    },
  );
  t.false(existsSync(marker));
});

test('credentials: in the environment of git only, and in no message', async (t) => {
  const dir = temporary(t);
  const log = join(dir, 'log');
  writeFileSync(
    join(dir, 'git'),
    `#!/bin/sh\necho "ARGS $*" >> ${log}\nenv >> ${log}\necho "fatal: cannot read https://u:hunter2@h/ with x-token-x and $GIT_CONFIG_VALUE_12" >&2\nexit 128\n`,
  );
  chmodSync(join(dir, 'git'), 0o755);
  const fake = { PATH: `${dir}:${process.env.PATH}`, HOME: '/root', SECRET: 'leak' };
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['https://h/x.git', { 'GIT_AUTH_TOKEN.h': 'x-token-x' }, 'x-access-token:x-token-x'],
    ['https://h/x.git', { GIT_AUTH_TOKEN: 'x-token-x' }, 'x-access-token:x-token-x'],
    ['https://u:hunter2@h/x.git', {}, 'u:hunter2'],
  ];
  for (const [remote, secrets, userInfo] of cases) {
    rmSync(log, { force: true });
    const error = await t.throwsAsync(fetch(t, { remote }, { env: fake, secretOf: (id) => secrets[id] }), {
      instanceOf: TsbuildError,
    });
    const seen = readFileSync(log, 'utf8');
    const args = seen.split('\n').filter((line) => line.startsWith('ARGS'));
    t.deepEqual(args, ['ARGS ls-remote -- https://h/x.git HEAD HEAD^{}']);
    const encoded = Buffer.from(userInfo).toString('base64');
    t.true(seen.includes(`=Authorization: basic ${encoded}`));
    t.true(seen.includes('=http.https://h/x.git.extraheader'));
    t.true(
      seen.includes('GIT_TERMINAL_PROMPT=0') &&
        seen.includes('HOME=/dev/null') &&
        !seen.includes('SECRET=leak'),
    );
    for (const word of ['hunter2', 'x-token-x', encoded]) {
      if (userInfo.includes(word) || word === encoded)
        t.false(error?.message.includes(word), `${word} in ${error?.message}`);
    }
  }
});

test('abort ends git and what it started', async (t) => {
  const dir = temporary(t);
  writeFileSync(join(dir, 'git'), `#!/bin/sh\necho started > ${dir}/started\nsleep 1000 &\nwait\n`);
  chmodSync(join(dir, 'git'), 0o755);
  const controller = new AbortController();
  const run = runGit({
    args: ['x'],
    cwd: dir,
    env: { PATH: `${dir}:${process.env.PATH}` },
    signal: controller.signal,
  });
  const poll = setInterval(() => existsSync(join(dir, 'started')) && controller.abort(), 10);
  await t.throwsAsync(run, { code: 'ABORTED' });
  clearInterval(poll);
  await t.throwsAsync(runGit({ args: ['x'], cwd: dir, env, signal: controller.signal }), { code: 'ABORTED' });
});

test('no git', async (t) => {
  const dir = temporary(t);
  await t.throwsAsync(runGit({ args: [], cwd: dir, env: { PATH: dir } }), {
    code: 'ADD_GIT',
    message: 'failed to find git binary',
  });
});
