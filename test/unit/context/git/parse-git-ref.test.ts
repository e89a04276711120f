import test from 'ava';
import fc from 'fast-check';
import { TsbuildError } from '../../../../src/core/errors.js';
import { parseGitRef, parseGitSource, type GitRef } from '../../../../src/context/git/parse-git-ref.js';

const BUILDKIT = 'https://github.com/moby/buildkit.git';
const LIKE_LOCAL = 'https://github.com/moby/buildkit';

/** From BuildKit's dfgitutil and gitutil tests. */
const REFS: readonly (readonly [string, Partial<GitRef>])[] = [
  ['https://example.com/foo.git', { remote: 'https://example.com/foo.git' }],
  ['https://example.com/foo.git#deadbeef', { ref: 'deadbeef' }],
  ['https://example.com/foo.git#release/1.2', { ref: 'release/1.2' }],
  ['git://example.com/foo', { remote: 'git://example.com/foo' }],
  ['github.com/moby/buildkit', { remote: LIKE_LOCAL, isLikeLocalPath: true }],
  ['github.com/moby/buildkit#master', { remote: LIKE_LOCAL, ref: 'master', isLikeLocalPath: true }],
  [
    'https://foo:bar@github.com/moby/buildkit.git',
    { remote: 'https://foo:bar@github.com/moby/buildkit.git' },
  ],
  ['git@github.com:moby/buildkit', { remote: 'git@github.com:moby/buildkit' }],
  [
    'git@bitbucket.org:atlassianlabs/atlassian-docker.git',
    { remote: 'git@bitbucket.org:atlassianlabs/atlassian-docker.git' },
  ],
  [
    'nonstandarduser@example.com:/srv/repos/weird/project.git',
    { remote: 'nonstandarduser@example.com:/srv/repos/weird/project.git' },
  ],
  [
    'ssh://root@subdomain.example.hostname:2222/root/foo.git',
    { remote: 'ssh://root@subdomain.example.hostname:2222/root/foo.git' },
  ],
  ['HTTP://github.com/a.git', { remote: 'http://github.com/a.git' }],
  [
    'https://github.com/foo/bar.git#baz/qux:quux/quuz',
    { remote: 'https://github.com/foo/bar.git', ref: 'baz/qux', subdir: 'quux/quuz' },
  ],
  ['https://github.com/docker/docker.git#:myfolder', { subdir: 'myfolder' }],
  [`${BUILDKIT}?ref=v1.0.0&subdir=/subdir`, { remote: BUILDKIT, ref: 'v1.0.0', subdir: '/subdir' }],
  [`${BUILDKIT}?subdir=/subdir#v1.0.0`, { ref: 'v1.0.0', subdir: '/subdir' }],
  [`${BUILDKIT}?tag=v1.0.0`, { ref: 'refs/tags/v1.0.0' }],
  ['github.com/moby/buildkit?tag=v1.0.0', { remote: LIKE_LOCAL, ref: 'refs/tags/v1.0.0' }],
  [`${BUILDKIT}?branch=v1.0`, { ref: 'refs/heads/v1.0' }],
  [`${BUILDKIT}?branch=main#refs/heads/main`, { ref: 'refs/heads/main' }],
  [
    'git@github.com:moby/buildkit.git?subdir=/subdir#v1.0.0',
    { remote: 'git@github.com:moby/buildkit.git', ref: 'v1.0.0', subdir: '/subdir' },
  ],
  [`${BUILDKIT}?checksum=abc`, { checksum: 'abc' }],
  [
    `${BUILDKIT}?commit=abc&keep-git-dir&submodules=0`,
    { checksum: 'abc', keepGitDir: true, submodules: false },
  ],
  [`${BUILDKIT}?mtime=commit&fetch-by-commit=true`, { mtime: 'commit', fetchByCommit: true }],
];

for (const [text, expected] of REFS) test(`git: ${text}`, (t) => t.like(parseGitRef(text), expected));

for (const text of [
  'https://example.com/',
  'https://example.com/foo',
  'https://example.com/foo.git/',
  'https://example.com/foo.git.bar',
  'custom.xyz/moby/buildkit.git',
  'http://github.com/docker/docker.git:#branch',
  './.git',
  '../x.git',
  '.git',
  '.',
  'httpx://github.com/moby/buildkit.git',
  'file:///etc/x.git',
  'https://h/%zz.git',
  'C:\\x',
  '',
]) {
  test(`no git: ${JSON.stringify(text)}`, (t) => t.is(parseGitRef(text), undefined));
}

const WRONG: readonly (readonly [string, string])[] = [
  ['?ref=v1.0.0#v1.2.3', 'ref conflicts: "v1.2.3" vs "v1.0.0"'],
  ['?ref=v1.0.0&tag=v1.2.3', 'ref conflicts: "v1.0.0" vs "refs/tags/v1.2.3"'],
  ['?tag=v1.0.0&branch=v1.0', 'branch conflicts with tag'],
  ['?invalid=123', 'unexpected query "invalid"'],
  ['?constructor=1', 'unexpected query "constructor"'],
  ['?ref=', 'query "ref" has no value'],
  ['?ref=a&ref=b', 'query "ref" has multiple values'],
  ['?subdir=a#:b', 'subdir conflicts: "b" vs "a"'],
  ['?submodules=maybe', 'invalid submodules value: "maybe"'],
  ['?mtime=now', 'invalid mtime value: "now" (must be "checkout" or "commit")'],
];

for (const [query, message] of WRONG) {
  test(`wrong query ${query}`, (t) => {
    const error = t.throws(() => parseGitRef(`https://u:secret@h/x.git${query}`), {
      instanceOf: TsbuildError,
    });
    t.is(error?.code, 'ADD_GIT');
    t.is(error?.message, `https://h/x.git: ${message}`);
  });
}

test('ADD takes github.com/x/y for a local path', (t) => {
  t.is(parseGitSource('github.com/moby/buildkit'), undefined);
  t.truthy(parseGitSource(BUILDKIT));
});

test('never throws anything but TsbuildError', (t) => {
  const text = fc.array(
    fc.constantFrom(
      'https://',
      'git@',
      'h',
      ':',
      '/',
      '.git',
      '?',
      '#',
      'ref=',
      'tag=',
      '&',
      '%',
      '@',
      '..',
      'github.com/',
      '\n',
    ),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        text.map((parts) => parts.join('')),
        fc.string({ unit: 'binary' }),
      ),
      (input) => {
        try {
          parseGitRef(input);
        } catch (error) {
          return error instanceof TsbuildError;
        }
        return true;
      },
    ),
    { numRuns: 2000 },
  );
  t.pass();
});
