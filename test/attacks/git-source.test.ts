// Git and URLs as sources: what could be taken for an option or a command, what a repository can hold, and where
// credentials may go.
import { existsSync, readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { attack, type Defence } from '../support/attack.js';
import { evilTar } from '../support/evil-tars.js';
import { serveRepository } from '../support/git-server.js';
import { serveFiles } from '../support/http-files.js';

const REF: Defence = ['src/context/git/resolve-git-ref.ts', 'const isBad = ref ==='];
const REMOTE: Defence = ['src/context/git/git-session.ts', 'if ((isKnown || isFile) && isHostSafe'];
const SUBDIR: Defence = [
  'src/context/git/confine-subdir.ts',
  "if (names.includes('..') || subdir.includes('\\0'))",
];
const NO_LINK: Defence = ['src/context/git/confine-subdir.ts', 'if (stat.isSymbolicLink()) throw refused('];
const PROTOCOL: Defence = ['src/context/git/run-git.ts', "['protocol.allow', 'never'],"];

const mark = (root: string): string => join(root, 'started');

for (const ref of [
  '-x',
  '--upload-pack=touch started',
  '-uTOUCH',
  '--exec=TOUCH',
  '--output=started',
  'main --upload-pack=TOUCH',
  'a..b',
  '$(TOUCH)',
  '`TOUCH`',
  'main;TOUCH',
  '@{-1}',
  '+main:refs/x',
  'main:',
  '^main',
  '/etc/passwd',
  '*',
]) {
  attack('GHSA-hw3h (buildkit#6962)', `the ref ${ref} is no option and no command`, REF, async (t, world) => {
    const server = await serveRepository(t);
    server.commit({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    const text = encodeURIComponent(ref.replace('TOUCH', `touch ${mark(world.root)}`));
    for (const url of [`${server.url}#${text}`, `${server.url}?ref=${text}`]) {
      const outcome = await world.attempt({ context: url });
      if (ref !== 'main:') t.true('error' in outcome && outcome.error.code === 'ADD_GIT', url);
      await world.attempt({ dockerfileText: `FROM scratch\nADD "${url}" /src\n` });
    }
    t.false(existsSync(mark(world.root)));
    t.false(existsSync('started'));
  });
}

for (const remote of [
  'ext::sh -c "touch MARK"',
  'ssh://-oProxyCommand=touch%20MARK/x.git',
  'ssh://user@-oProxyCommand=touch%20MARK/x.git',
  'git://-oProxyCommand=MARK/x.git',
  '-oProxyCommand=touch@host:x.git',
  'git@-oProxyCommand=touch:x.git',
  'file:///etc/.git',
  'fd::17',
  'http::ext::sh',
  '--upload-pack=touch@host:x.git',
]) {
  attack('GHSA-hw3h (buildkit#6962)', `the remote ${remote} starts nothing`, REMOTE, async (t, world) => {
    const url = remote.replaceAll('MARK', mark(world.root));
    await world.attempt({ context: url });
    await world.attempt({ dockerfileText: `FROM scratch\nADD ["${url.replaceAll('"', '\\"')}", "/src"]\n` });
    await world.attempt({ dockerfileText: 'FROM scratch\nCOPY --from=c / /\n', buildContexts: { c: url } });
    t.false(existsSync(mark(world.root)));
  });
}

for (const subdir of [
  '../../etc',
  '..',
  'sub/../../..',
  'way',
  'way/folder',
  'sub/back',
  'sub/\0',
  '.git/../..',
  'file',
]) {
  attack(
    'GHSA-4vrq-3vrq-g6gg',
    `the subdirectory ${JSON.stringify(subdir)} stays in the checkout`,
    subdir.includes('..') ? SUBDIR : NO_LINK,
    async (t, world) => {
      const server = await serveRepository(t);
      server.commit({
        Dockerfile: 'FROM scratch\nCOPY . /all/\n',
        'sub/Dockerfile': 'FROM scratch\nCOPY . /all/\n',
        way: `-> ${world.outside}`,
        'sub/back': '-> ../..',
        file: 'x',
      });
      const url = `${server.url}#main:${encodeURIComponent(subdir)}`;
      const outcome = await world.attempt({ context: url, dockerfileText: 'FROM scratch\nCOPY . /all/\n' });
      t.true('error' in outcome && outcome.error.code === 'ADD_GIT');
      await world.refused({ dockerfileText: `FROM scratch\nADD ${url} /src\n` }, ['ADD_GIT']);
    },
  );
}

attack(
  'GHSA-49p4-px3h-rq49',
  'a repository whose Dockerfile and files are links gives no file of the host',
  ['src/context/find-dockerfile.ts', 'const trace = tracePath(view, fromUtf8(name), { followLast: true });'],
  async (t, world) => {
    const server = await serveRepository(t);
    server.commit({
      Dockerfile: `-> ${world.outside}/secret`,
      good: 'FROM scratch\nCOPY leak /a\n',
      all: 'FROM scratch\nCOPY . /all/\nADD way /added/\n',
      leak: `-> ${world.outside}/secret`,
      way: `-> ${world.outside}`,
      '.dockerignore': `-> ${world.outside}/secret`,
    });
    await world.refused({ context: server.url }, ['DOCKERFILE_NOT_FOUND']);
    await world.refused({ context: server.url, dockerfile: 'way/secret' }, ['DOCKERFILE_NOT_FOUND']);
    await world.refused({ context: server.url, dockerfile: '../../../../etc/hostname' }, [
      'DOCKERFILE_NOT_FOUND',
    ]);
    await world.refused({ context: server.url, dockerfile: 'good' }, ['COPY_NOT_FOUND']);
    const outcome = await world.attempt({ context: server.url, dockerfile: 'all' });
    if (!('error' in outcome))
      t.is(readlinkSync(join(outcome.files, 'all', 'leak')), `${world.outside}/secret`);
    const { files } = await world.build({ dockerfileText: `FROM scratch\nADD ${server.url} /src/\n` });
    t.is(readlinkSync(join(files, 'src', 'way')), world.outside);
  },
);

for (const url of [
  'ext::sh -c "touch MARK"',
  'file:///etc',
  '../../../../../../../OUT',
  '/OUT',
  '-oProxyCommand=touch@x:y',
  'ssh://-oProxyCommand=touch/x',
]) {
  attack('GHSA-hw3h (buildkit#6962)', `a submodule at ${url} is refused`, PROTOCOL, async (t, world) => {
    const server = await serveRepository(t);
    const sha = server.commit({
      Dockerfile: 'FROM scratch\nCOPY . /\n',
      '.gitmodules': `[submodule "m"]\n\tpath = m\n\turl = ${url.replaceAll('MARK', mark(world.root)).replaceAll('OUT', world.outside.slice(1))}\n\tupdate = !touch ${mark(world.root)}\n`,
    });
    server.git('update-index', '--add', '--cacheinfo', `160000,${sha},m`);
    server.git('commit', '--quiet', '-m', 'm');
    await world.attempt({ context: server.url });
    t.false(existsSync(mark(world.root)));
  });
}

attack(
  'GHSA-hw3h (buildkit#6962)',
  'filters, hooks and configuration of a repository start nothing',
  ['src/context/git/run-git.ts', "['core.hooksPath', '/dev/null'],"],
  async (t, world) => {
    const server = await serveRepository(t);
    server.commit({
      Dockerfile: 'FROM scratch\nCOPY . /\n',
      '.gitattributes': '* filter=evil diff=evil merge=evil\n',
      '.gitconfig': `[filter "evil"]\n\tsmudge = touch ${mark(world.root)}\n`,
      'hooks/post-checkout': `#!/bin/sh\ntouch ${mark(world.root)}\n`,
      '.lfsconfig': '[lfs]\n\turl = http://169.254.169.254/\n',
    });
    await world.build({ context: server.url });
    t.false(existsSync(mark(world.root)));
  },
);

attack(
  'CVE-2023-26054',
  'a password in the URL of a git context is in no output',
  ['src/core/redact.ts', "parsed.password = '';"],
  async (t, world) => {
    const [, , password] = world.sentinel.tokens;
    const server = await serveRepository(t, {
      authorization: `basic ${Buffer.from(`me:${password}`).toString('base64')}`,
    });
    server.commit({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    const url = server.url.replace('://', `://me:${password}@`);
    const metadataFile = join(world.root, 'metadata.json');
    await world.build({
      context: url,
      metadataFile,
      tags: ['app:1'],
      outputs: [{ type: 'oci', tar: false, dest: join(world.root, 'out-oci') }],
    });
    t.false(readFileSync(metadataFile, 'utf8').includes(password!));
    await world.build({ dockerfileText: 'FROM scratch\nCOPY --from=c / /\n', buildContexts: { c: url } });
    await world.refused({ context: `${url}#nothing` }, ['ADD_GIT']);
    await world.refused({ context: url.replace('repo.git', 'none.git') }, ['ADD_GIT']);
    await world.refused({ context: `${url}?x=${password}` }, ['ADD_GIT']);
    for (const path of readdirSync(join(world.root, 'out-oci'), { recursive: true, encoding: 'utf8' }))
      t.false(path.includes(password!));
  },
);

attack(
  'CVE-2023-26054',
  'a git token is in no output, and goes to no other repository',
  ['src/context/git/git-authorization.ts', 'scopeOf'],
  async (t, world) => {
    const [, , password] = world.sentinel.tokens;
    const authorization = `basic ${Buffer.from(`x-access-token:${password}`).toString('base64')}`;
    const [server, thief] = [
      await serveRepository(t, { authorization }),
      await serveRepository(t, { authorization }),
    ];
    thief.commit({ a: 'a' });
    const sha = server.commit({
      Dockerfile: 'FROM scratch\nCOPY . /\n',
      '.gitmodules': `[submodule "m"]\n\tpath = m\n\turl = ${thief.url}\n`,
    });
    server.git('update-index', '--add', '--cacheinfo', `160000,${sha},m`);
    server.git('commit', '--quiet', '-m', 'm');
    const secrets = [{ id: 'GIT_AUTH_TOKEN', value: Buffer.from(password!) }];
    await world.refused({ context: server.url, secrets }, ['ADD_GIT']);
    t.true(thief.asked.length > 0);
    t.false(thief.asked.some((path) => path.includes('git-upload-pack') && !path.includes('info/refs')));
  },
);

for (const path of [
  '/..%2f..%2fplanted',
  '/%2e%2e/%2e%2e/planted',
  '/a%00b',
  '/..',
  '/.wh.etc',
  '/a%2f..%2f..%2fetc%2fpasswd',
  '/%5c..%5cplanted',
]) {
  attack(
    'CVE-2026-28406',
    `ADD of the URL path ${path} makes a file of the destination`,
    ['src/context/remote/url-file.ts', 'posix.basename(posix.normalize(path))'],
    async (t, world) => {
      const server = await serveFiles(t, {});
      for (const name of [path, new URL(path, server.origin).pathname]) server.files.set(name, { body: 'x' });
      const outcome = await world.attempt({
        dockerfileText: `FROM scratch\nADD ${server.origin}${path} /d/\n`,
      });
      if ('error' in outcome)
        t.true(
          ['ADD_REMOTE', 'LAYER_UNSAFE', 'LAYER_INVALID'].includes(outcome.error.code),
          outcome.error.message,
        );
      else t.deepEqual(readdirSync(outcome.files), ['d']);
    },
  );
}

attack(
  'GHSA-hw3h (buildkit#6962)',
  'a URL as context: an archive with names of dots is refused, a page is no Dockerfile',
  ['src/layer/tar/entry-path.ts', "parts.includes('..')"],
  async (_, world) => {
    const server = await serveFiles(_, {
      '/evil.tar': {
        body: evilTar([
          { name: 'Dockerfile', content: 'FROM scratch\nCOPY . /\n' },
          { name: '../../planted', content: 'x' },
        ]),
      },
      '/page': { body: '<!doctype html>' },
      '/Dockerfile': { body: `FROM scratch\nCOPY ${world.outside}/secret /\n` },
    });
    await world.refused({ context: `${server.origin}/evil.tar` }, ['LAYER_UNSAFE']);
    await world.refused({ context: `${server.origin}/page` }, [
      'CONTEXT_UNREADABLE',
      'DOCKERFILE_UNKNOWN_INSTRUCTION',
    ]);
    await world.refused({ context: `${server.origin}/Dockerfile` }, ['COPY_NOT_FOUND']);
  },
);
