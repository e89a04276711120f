import test from 'ava';
import { resolveNamedImage } from '../../../../src/builder/planning/resolve-named-image.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import type { Image } from '../../../../src/images/image.js';
import type { StageNode } from '../../../../src/parser/stage-node.js';

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const location = { file: 'Dockerfile', startLine: 4, endLine: 4 };
const STAGES = [{ name: 'build' }] as unknown as readonly StageNode[];

const fail = (reference: string, failure: unknown) => {
  const resolveImage = () => Promise.reject(failure);
  return resolveNamedImage({ resolveImage }, { reference, platform: PLATFORM, location }, STAGES);
};

test('an image that is there', async (t) => {
  const image = {} as Image;
  const named = { reference: 'x', platform: PLATFORM, location };
  t.is(await resolveNamedImage({ resolveImage: async () => image }, named, STAGES), image);
});

test('one that is not: the place, and the stage or the well-known image that was meant', async (t) => {
  const failure = new TsbuildError('REGISTRY_NOT_FOUND', 'not found', { hint: 'a hint' });
  const messageFor = async (reference: string) => (await t.throwsAsync(fail(reference, failure)))?.message;
  t.is(await messageFor('biuld'), 'not found (did you mean build?)');
  t.is(await messageFor('debain'), 'not found (did you mean debian?)');
  t.is(await messageFor('something-else'), 'not found');
  t.like(await t.throwsAsync(fail('x', failure)), { code: 'REGISTRY_NOT_FOUND', hint: 'a hint', location });
  const bug = new Error('bug');
  t.is(await t.throwsAsync(fail('x', bug)), bug);
});
