// ADD of a URL: what its key is made of, and when the server is asked.
import test from 'ava';
import { planUrlSource } from '../../../../src/builder/steps/add-url.js';
import type { RemoteSources } from '../../../../src/context/remote/remote-sources.js';
import { digestOf } from '../../../../src/core/digest.js';
import { createRig } from '../../../rig/rig.js';

const DIGEST = digestOf('x');
const OTHER = digestOf('y');
const DOWNLOAD = { path: '/nowhere', digest: DIGEST, size: 1, mtime: 10 };

async function planned(t: Parameters<typeof createRig>[0], flags: string, known: boolean) {
  const rig = createRig(t);
  return rig.inStage(`FROM scratch\nADD ${flags} http://h/dir/a.txt /\n`, async ({ run, step }) => {
    const asked: string[] = [];
    const remote = {
      known: () => (known ? DOWNLOAD : undefined),
      async download(url: string) {
        asked.push(url);
        return DOWNLOAD;
      },
    } as unknown as RemoteSources;
    const source = await planUrlSource(
      { ...run, tools: { ...run.tools, remote } },
      step('add'),
      'http://h/dir/a.txt',
    );
    const before = [...asked];
    const { selection, isUnpacked } = await source.open();
    return {
      content: source.content,
      before,
      asked,
      names: selection.sources.map(({ path }) => path),
      isUnpacked,
    };
  });
}

test('without a checksum the server is asked for the key, and not again for the files', async (t) => {
  const { content, before, asked, isUnpacked } = await planned(t, '', false);
  t.deepEqual([before, asked], [['http://h/dir/a.txt'], ['http://h/dir/a.txt']]);
  t.regex(content, new RegExp(DIGEST));
  t.false(isUnpacked);
});

test('with a checksum nothing is asked for the key, and nothing at all when the content is known', async (t) => {
  const unknown = await planned(t, `--checksum=${DIGEST}`, false);
  t.deepEqual([unknown.before, unknown.asked.length], [[], 1]);
  const known = await planned(t, `--checksum=${DIGEST}`, true);
  t.deepEqual([known.before, known.asked], [[], []]);
  t.not((await planned(t, `--checksum=${OTHER}`, true)).content, known.content);
});

test('an archive is unpacked when the step says so', async (t) => {
  t.true((await planned(t, '--unpack=true', false)).isUnpacked);
});
