// Archives among the sources of an ADD: told by their content, spooled into tmp/ and gone with who opened them.
import { join } from 'node:path';
import { readdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { openArchives } from '../../../../src/builder/steps/add-archives.js';
import { copyRequest } from '../../../../src/builder/steps/source-requests.js';
import { toUtf8 } from '../../../../src/core/bytes.js';
import { selectSources } from '../../../../src/layer/copy/select-sources.js';
import { createRig } from '../../../rig/rig.js';
import { tarOf } from '../../../support/tiny-image.js';

test('an archive is known by what is in it and not by its name, and its spool is removed', async (t) => {
  const rig = createRig(t);
  const tar = tarOf([{ path: 'in', mode: 0o644, content: Buffer.from('x') }]);
  writeFileSync(join(rig.context, 'plain'), tar);
  writeFileSync(join(rig.context, 'packed'), gzipSync(tar));
  writeFileSync(join(rig.context, 'text.tar'), 'no archive');
  await rig.inStage('FROM scratch\nADD plain packed text.tar /d/\n', async ({ run, step, tools }) => {
    const add = step('add');
    const origin = await run.openSource(add.from);
    const view = await origin.view();
    const candidates = add.sources.map((source) => ({
      origin,
      selection: selectSources(view, copyRequest(add, source)),
    }));
    const archives = await openArchives(run, candidates);
    const found = candidates.map(({ selection }) =>
      archives.entriesOf(selection.sources[0]!)?.map(({ path }) => toUtf8(path)),
    );
    t.deepEqual(found, [['in'], ['in'], undefined]);
    t.is(readdirSync(tools.store.paths.tmp).filter((name) => name.startsWith('tmp-')).length, 2);
    archives.dispose();
    t.is(readdirSync(tools.store.paths.tmp).filter((name) => name.startsWith('tmp-')).length, 0);
  });
});

test('ADD of an archive that is cut short fails and leaves nothing in tmp', async (t) => {
  const rig = createRig(t);
  const tar = tarOf([{ path: 'in', mode: 0o644, content: Buffer.alloc(5000, 'x') }]);
  writeFileSync(join(rig.context, 'cut'), tar.subarray(0, 2000));
  const error = await rig.build('FROM scratch\nADD cut /\n').failure();
  t.deepEqual([error.code, error.location?.startLine], ['LAYER_INVALID', 2]);
  t.deepEqual(rig.left(), []);
});
