// Places that cannot be written are found before anything is built, and what killed builds left beside them goes.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { TsbuildError } from '../../src/core/errors.js';
import { tryOutputs } from '../../src/try-outputs.js';
import { builder } from '../support/in-process-build.js';
import { tempDir } from '../support/temp-store.js';

test('each place that cannot be written is named, in words', (t) => {
  const cwd = tempDir(t);
  writeFileSync(join(cwd, 'file'), '');
  mkdirSync(join(cwd, 'full'));
  writeFileSync(join(cwd, 'full', 'mine'), '');
  const refused = (request: Parameters<typeof tryOutputs>[0], message: string) => {
    const error = t.throws(() => tryOutputs(request, cwd), { instanceOf: TsbuildError });
    t.is(error.code, 'OUTPUT_FAILED');
    t.is(error.message.replaceAll(cwd, '.'), message);
  };
  for (const type of ['oci', 'docker', 'tar'] as const) {
    refused({ outputs: [{ type, dest: 'no/x.tar' }] }, 'cannot write ./no/x.tar: no such file or directory');
    refused({ outputs: [{ type, dest: 'full' }] }, 'cannot write ./full: it is a directory');
    refused(
      { outputs: [{ type, dest: 'file/x' }] },
      'cannot write ./file/x: a part of the path is not a directory',
    );
  }
  refused(
    { outputs: [{ type: 'local', dest: 'file' }] },
    'cannot write ./file: a part of the path is not a directory',
  );
  refused(
    { outputs: [{ type: 'oci', tar: false, dest: 'full' }] },
    './full is not empty and not an image layout',
  );
  refused({ iidFile: 'no/id' }, 'cannot write ./no/id: no such file or directory');
  refused({ metadataFile: 'full' }, 'cannot write ./full: it is a directory');
  const good = [
    { type: 'local' as const, dest: 'new/er' },
    { type: 'oci' as const, dest: '-' },
    { type: 'tar' as const, dest: '/dev/null' },
  ];
  t.notThrows(() => tryOutputs({ outputs: good, iidFile: 'file' }, cwd));
  t.deepEqual(readdirSync(cwd), ['file', 'full']);
});

test('nothing is built for a place that cannot be written', async (t) => {
  const { fail, events } = builder(t);
  const error = await fail({ dockerfileText: 'FROM scratch\n', outputs: [], iidFile: 'no/id' });
  t.is(error.code, 'OUTPUT_FAILED');
  t.regex(error.hint ?? '', /make the directory of .*no\/id first/);
  t.deepEqual(events, []);
});

test('what killed builds left beside an output is removed, and nothing else', (t) => {
  const cwd = tempDir(t);
  const { pid: dead } = spawnSync('true');
  const [own, running] = [process.pid, process.ppid];
  const kept = [
    'out.tar',
    'out.tar.tmp-x',
    `other.tar.tmp-${dead}`,
    `out.tar.tmp-${running}`,
    `out.tar.tmp-${own}-01234567`,
    `xout.tar.tmp-${dead}`,
    `out.tar.tmp-${dead}.txt`,
  ];
  const gone = [`out.tar.tmp-${dead}`, `out.tar.tmp-${dead}-89abcdef`, `out.tar.tmp-${own}-89abcdef`];
  for (const name of [...kept, ...gone]) writeFileSync(join(cwd, name), '');
  utimesSync(join(cwd, gone[2]!), 1, 1);
  mkdirSync(join(cwd, `image.tmp-${dead}-00000000`, 'blobs'), { recursive: true });
  tryOutputs(
    {
      outputs: [
        { type: 'oci', dest: 'out.tar' },
        { type: 'oci', tar: false, dest: 'image' },
      ],
    },
    cwd,
  );
  t.deepEqual(readdirSync(cwd), kept.toSorted());
  t.notThrows(() => execFileSync('true'));
});
