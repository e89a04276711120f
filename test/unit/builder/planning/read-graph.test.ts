// What a Dockerfile says of its stages before any image is known.
import test from 'ava';
import {
  automaticArgsOf,
  expanderOf,
  globalArgsOf,
  graphOf,
  platformOf,
  type GraphInput,
} from '../../../../src/builder/planning/read-graph.js';
import { parseDockerfile } from '../../../../src/parser/parse-dockerfile.js';

const AMD = { os: 'linux', architecture: 'amd64' };
const ARM = { os: 'linux', architecture: 'arm64' };

function input(request: Partial<GraphInput['request']> = {}, names: readonly string[] = []): GraphInput {
  const contexts = { names: new Set(names) };
  return { request: { context: '.', ...request }, buildPlatform: AMD, targetPlatform: ARM, contexts };
}

function read(text: string, given = input()) {
  const dockerfile = parseDockerfile(text, 'Dockerfile');
  const expand = expanderOf(globalArgsOf(given, dockerfile), dockerfile);
  return { dockerfile, expand, graph: () => graphOf(given, dockerfile, expand) };
}

test('arguments that nobody declares: platforms, and the name of the target', (t) => {
  const { dockerfile } = read('FROM scratch AS a\nFROM scratch AS b\n');
  const args = (target?: string) =>
    automaticArgsOf(input(target === undefined ? {} : { target }), dockerfile);
  t.is(args().get('BUILDPLATFORM'), 'linux/amd64');
  t.is(args().get('TARGETPLATFORM'), 'linux/arm64');
  t.is(args().get('TARGETSTAGE'), 'b');
  t.is(args('a').get('TARGETSTAGE'), 'a');
});

test('global ARGs are replaced in FROM, and a variable that is near to one is told', (t) => {
  const { expand } = read('ARG BASE=one\nFROM $BASE\n');
  t.is(expand('$BASE:$NONE'), 'one:');
  t.is(expand.nearName('$BASES'), ' (did you mean BASE?)');
  t.is(expand.nearName('$OTHER'), '');
});

test('the stages that the target needs, in an order that has needs first', (t) => {
  const text =
    'FROM scratch AS a\nFROM scratch AS no\nFROM a AS b\nCOPY --from=c x /\nFROM scratch AS c\nFROM b\n';
  const cycle = read('FROM scratch AS a\nCOPY --from=b x /\nFROM a AS b\n');
  t.like(t.throws(cycle.graph), { code: 'GRAPH_CYCLE' });
  const { nodes } = read(text.replace('--from=c', '--from=a')).graph();
  t.deepEqual(
    nodes.map(({ name }) => name),
    ['a', 'b', 'stage-4'],
  );
});

test('what FROM says is read in every stage, needed or not', (t) => {
  const place = (text: string) => {
    const error = t.throws(read(text).graph) as { code?: string; location?: { startLine: number } };
    return [error.code, error.location?.startLine];
  };
  t.deepEqual(place('FROM scratch\nFROM UPPER:case AS x\nFROM scratch\n'), ['DOCKERFILE_SYNTAX', 2]);
  t.deepEqual(place('FROM --platform=a/b/c/d scratch AS x\nFROM scratch\n'), ['DOCKERFILE_SYNTAX', 1]);
  t.deepEqual(place('FROM scratch\nCOPY --from=UPPER:case a /\n'), ['DOCKERFILE_SYNTAX', 2]);
});

test('a name that a variable without a value has broken says which', (t) => {
  t.like(t.throws(read('ARG TAG\nFROM busybox:${TAG}\n').graph), {
    code: 'DOCKERFILE_SYNTAX',
    hint: 'busybox:${TAG} gives "busybox:": set it with --build-arg TAG=VALUE',
  });
});

test('the platform of a stage: its own, else the one of the target', (t) => {
  const { dockerfile, expand } = read(
    'ARG P=linux/s390x\nFROM --platform=$P x\nFROM x\nFROM --platform=$NO x\n',
  );
  const [own, none, empty] = dockerfile.stages.map(({ from }) => from);
  t.is(platformOf(input(), own!, expand).architecture, 's390x');
  t.is(platformOf(input(), none!, expand), ARM);
  t.regex(t.throws(() => platformOf(input(), empty!, expand))?.message ?? '', /empty platform value/);
});
