// Small languages: ignore files and the patterns in them, flags and mounts of instructions, values of options, references and URLs.
import assert from 'node:assert/strict';
import { byteMutator } from '../mutate-bytes.mjs';
import { load } from '../load.mjs';

const PATTERNS = [
  '**',
  '*',
  '?',
  '!',
  '#',
  '[a-z]',
  '[^a]',
  '[',
  ']',
  '\\',
  '\n!',
  '**/',
  '/**',
  'a/b',
  '..',
  '[[:alpha:]]',
].concat(['(', ')', '|', '{1,9}', '+', '$', '^', '.*', '\\*', '[\\]', '[z-a]', '**/**/**/']);
const FLAGS = [
  'type=',
  'cache',
  'bind',
  'secret',
  'ssh',
  'tmpfs',
  ',target=',
  ',dst=',
  ',source=',
  ',from=',
  ',id=',
  ',size=',
]
  .concat([
    ',mode=',
    ',uid=',
    ',required',
    ',ro',
    ',rw',
    '=true',
    '=false',
    '"',
    '""',
    '--',
    '--mount=',
    '--link',
    '@sha256:',
  ])
  .concat([
    'https://',
    'git@',
    '.git#',
    ':ref',
    '?ref=',
    'sha256:',
    '[::1]',
    ':latest',
    'linux/arm/v',
    '1e9g',
    '-1:-1',
    '$(',
    '${',
  ])
  .concat([
    'compression=zstd',
    'dest=',
    'oci',
    'docker',
    'host-gateway',
    '%',
    '%zz',
    '//',
    '@',
    '#',
    '?',
    '&',
  ]);

const PATHS = ['a', 'a/b', 'a/b/c.txt', '.git/config', 'node_modules/x/y', 'ä/日', 'x.tar.gz', '[', 'a*b'];

async function readIgnoreFile() {
  const { parseIgnoreFile } = await load('context/ignore-file');
  return async (bytes) => {
    const { matcher, lines } = parseIgnoreFile(bytes.toString('utf8'), '.dockerignore');
    const matched = PATHS.map((path) => [
      matcher.isMatch(path),
      matcher.explain(path),
      matcher.couldReincludeBelow(path),
    ]);
    const walked = matcher.matchChild('a/b', matcher.matchChild('a'));
    assert.equal(lines.length, matcher.patterns.length);
    return { matched, walked, lines };
  };
}

/** Every reader gets the same text; each may refuse it. */
async function readTexts(names, readersOf) {
  const modules = await Promise.all(['core/errors', ...names].map(load));
  const [{ TsbuildError }] = modules;
  const readers = readersOf(Object.assign({}, ...modules));
  return async (bytes) => {
    const text = bytes.toString('utf8');
    const results = readers.map((read) => {
      try {
        return { value: read(text) };
      } catch (error) {
        if (error instanceof TsbuildError) return { refusal: `${error.code} ${error.message}` };
        throw error;
      }
    });
    return results;
  };
}

const SPEC = { from: 'text', chown: 'text', link: 'bool', mount: 'list', exclude: 'list' };

const readMounts = () =>
  readTexts(['parser/mount', 'parser/instruction-flags'], ({ parseMount, validateMount, parseFlags }) => [
    (text) => parseMount(text, (word) => word),
    validateMount,
    (text) => parseFlags(text.split(' '), SPEC),
  ]);

const OPTION_FILES = [
  'add-host',
  'annotation',
  'build-arg',
  'build-context',
  'call',
  'label',
  'output',
  'platforms',
]
  .concat(['secret', 'size', 'ssh', 'ulimit'])
  .map((name) => `cli/parse/${name}`);

const readOptions = () =>
  readTexts(
    [
      ...OPTION_FILES,
      'oci/platform',
      'oci/reference',
      'context/git/parse-git-ref',
      'context/remote/url-file',
      'core/redact',
    ],
    (from) => [
      from.parseAddHost,
      from.parseAnnotation,
      (text) => from.parseBuildArg(text, {}),
      from.parseBuildContext,
      from.parseCall,
      from.parseLabel,
      from.parseOutput,
      (text) => from.parsePlatformList([text]),
      (text) => from.parseSecret(text, {}),
      (text) => from.parseSize(text, '--memory'),
      from.parseSsh,
      from.parseUlimit,
      (text) => from.parsePlatform(text, { os: 'linux', architecture: 'amd64' }),
      (text) => from.canonicalReference(from.parseReference(text)),
      from.parseImageName,
      from.parseGitRef,
      from.parseGitSource,
      from.fileNameOfUrl,
      from.parseHttpDate,
      from.redactUrl,
    ],
  );

export const optionTargets = [
  { name: 'ignore-file', mutate: byteMutator(PATTERNS), reader: readIgnoreFile },
  { name: 'mount', mutate: byteMutator(FLAGS), reader: readMounts },
  { name: 'option', mutate: byteMutator(FLAGS), reader: readOptions },
];
