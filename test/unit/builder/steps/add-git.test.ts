// ADD of a repository: the key has the commit, and only a step that is made clones.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { planGitSource } from '../../../../src/builder/steps/add-git.js';
import { parseGitSource } from '../../../../src/context/git/parse-git-ref.js';
import type { RemoteSources } from '../../../../src/context/remote/remote-sources.js';
import { toUtf8 } from '../../../../src/core/bytes.js';
import { createRig } from '../../../rig/rig.js';
import { tempDir } from '../../../support/temp-store.js';

async function planned(t: ExecutionContext, url: string, sha: string, flags = '') {
  const rig = createRig(t);
  const directory = join(tempDir(t), 'checkout');
  mkdirSync(directory);
  writeFileSync(join(directory, 'a'), '1');
  writeFileSync(join(directory, 'b'), '2');
  return rig.inStage(`FROM scratch\nADD ${flags} ${url} /\n`, async ({ run, step }) => {
    let checkouts = 0;
    const remote = {
      resolve: async () => ({ sha }),
      async checkout() {
        checkouts++;
        return { directory };
      },
    } as unknown as RemoteSources;
    const tools = { ...run.tools, remote };
    const source = await planGitSource({ ...run, tools }, step('add'), parseGitSource(url)!);
    const before = checkouts;
    const { selection } = await source.open();
    const names = selection.sources.flatMap(({ entries }) => entries.map(({ path }) => toUtf8(path)));
    return { content: source.content, before, checkouts, names };
  });
}

const URL = 'https://h/r.git';

test('nothing is cloned for the key', async (t) => {
  const { before, checkouts, names } = await planned(t, URL, 'c1');
  t.deepEqual([before, checkouts], [0, 1]);
  t.true(names.includes('a') && names.includes('b'), names.join());
});

test('the key changes with the commit and not with who asks; with the branch only when .git is kept', async (t) => {
  const key = async (url: string, sha = 'c1', flags = '') => (await planned(t, url, sha, flags)).content;
  const plain = await key(URL);
  t.not(await key(URL, 'c2'), plain);
  t.is(await key('https://user:password@h/r.git'), plain);
  t.is(await key(`${URL}#main`), plain);
  t.not(
    await key(`${URL}#main`, 'c1', '--keep-git-dir=true'),
    await key(`${URL}#dev`, 'c1', '--keep-git-dir=true'),
  );
});
