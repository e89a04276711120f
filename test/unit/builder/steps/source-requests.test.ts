import test from 'ava';
import {
  copyRequest,
  mountRequest,
  nearPath,
  withReason,
} from '../../../../src/builder/steps/source-requests.js';
import { toUtf8 } from '../../../../src/core/bytes.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { tree } from '../../layer/copy/tree-text.js';

const PLACE = { file: 'Dockerfile', startLine: 3, endLine: 3 };

test('a source of COPY is a pattern of the tree that it is copied from', (t) => {
  const step = { from: { kind: 'main' }, isParents: true, excludes: ['x'] } as const;
  const { sources, ...request } = copyRequest(step, 'a*');
  t.deepEqual(sources.map(toUtf8), ['a*']);
  t.deepEqual(request, { wildcards: 'expand', isParents: true, excludes: ['x'], origin: 'context' });
  t.is(copyRequest({ ...step, from: { kind: 'stage', index: 0 } }, 'a').origin, 'stage');
});

test('a mount shows one path, all of it when it names none', (t) => {
  t.deepEqual(mountRequest('').sources.map(toUtf8), ['.']);
  t.is(mountRequest('a*').wildcards, 'literal');
});

test('a path that is written nearly so is named', (t) => {
  const view = tree({ 'out/app.js': 'x', 'out/other': 'y' });
  t.is(nearPath(view, '/out/ap.js'), 'did you mean /out/app.js?');
  t.is(nearPath(view, '/out/zzzzzz'), undefined);
  t.is(nearPath(view, '/nowhere/app.js'), undefined);
});

test('a path that is not there gets its reason and its place; other failures stay', (t) => {
  const absent = new TsbuildError('COPY_NOT_FOUND', '"/a": not found', { hint: 'of its own' });
  t.like(withReason(absent, 'it is ignored', PLACE), { hint: 'it is ignored', location: PLACE });
  t.like(withReason(absent, undefined, PLACE), { hint: 'of its own', location: PLACE });
  const other = new TsbuildError('STORE_FULL', 'full');
  t.is(withReason(other, 'it is ignored', PLACE), other);
});
