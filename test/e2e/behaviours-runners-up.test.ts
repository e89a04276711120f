// Behaviours that builders get wrong less often than the forty of the other files (behaviours-*.test.ts).
import { join } from 'node:path';
import test from 'ava';
import { Header } from 'tar';
import { bench } from '../support/behaviour.js';
import { testNeeding } from '../support/requirements.js';
import { tarOf } from '../support/tiny-image.js';

const testOnBase = testNeeding('sandbox', 'busybox');

/** struct vfs_cap_data of revision 2: cap_net_bind_service, permitted and effective. */
const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');

/** A pax record, whose length counts its own digits. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  const length = rest.length + String(rest.length + 2).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** A tar of the one file `tool` with a capability. */
function tarWithCapability(): Buffer {
  const body = paxRecord('SCHILY.xattr.security.capability', CAPABILITY);
  const block = Buffer.alloc(512);
  new Header({ path: 'PaxHeader/tool', mode: 0o644, size: body.length, type: 'ExtendedHeader' }).encode(
    block,
    0,
  );
  const file = tarOf([{ path: 'tool', mode: 0o755, content: Buffer.from('tool') }]);
  return Buffer.concat([block, body, Buffer.alloc(512 - (body.length % 512)), file]);
}

testOnBase('runner-up 1: hard links and setuid survive COPY', async (t) => {
  const { build } = bench(t);
  const { files } = await build(`FROM busybox AS a
RUN mkdir /d && echo x > /d/a && ln /d/a /d/b && touch /d/s && chmod 6755 /d/s
FROM scratch
COPY --from=a /d /o
`);
  t.is(files.get('o/a')?.type, 'File');
  t.is(files.get('o/b')?.type, 'Link');
  t.is(files.get('o/b')?.link, 'o/a');
  t.is(files.get('o/s')?.mode, 0o6755);
});

test('runner-up 1: security.capability survives COPY', async (t) => {
  const { give, build } = bench(t);
  give({ 'caps.tar': tarWithCapability() });
  const { tars } = await build(
    'FROM scratch AS a\nADD caps.tar /d/\nFROM scratch\nCOPY --from=a /d/tool /bin/tool\n',
  );
  t.true(tars[0]?.includes(paxRecord('SCHILY.xattr.security.capability', CAPABILITY)));
});

testOnBase('runner-up 1: security.capability survives a RUN that moves the file', async (t) => {
  const { give, build } = bench(t);
  give({ 'caps.tar': tarWithCapability() });
  const { tars, added } = await build('FROM busybox\nADD caps.tar /d/\nRUN mv /d/tool /d/moved\n');
  t.true(added.includes('d/moved'));
  t.true(tars.at(-1)?.includes(paxRecord('SCHILY.xattr.security.capability', CAPABILITY)));
});

testOnBase('runner-up 2: --link follows no link of the destination', async (t) => {
  const { give, build } = bench(t);
  give({ f: 'f' });
  const { files, layers } = await build(
    'FROM busybox\nRUN ln -s /real /lnk && mkdir /real\nCOPY --link f /lnk/x\n',
  );
  t.deepEqual([...(layers.at(-1)?.keys() ?? [])], ['lnk', 'lnk/x']);
  t.is(files.get('lnk')?.type, 'Directory');
  t.false(files.has('real/x'));
});

testOnBase('runner-up 3: a number is a stage for COPY --from only', async (t) => {
  const { build } = bench(t);
  const stage = 'FROM busybox AS a\nRUN echo a > /only-in-stage\nFROM ';
  const copied = await build(`${stage}scratch\nCOPY --from=0 /only-in-stage /\n`);
  t.deepEqual([...copied.files.keys()], ['only-in-stage']);
  t.false((await build(`${stage}0\nENV A=1\n`)).files.has('only-in-stage'));
  const mounted = await build(`${stage}busybox\nRUN --mount=from=0,target=/m ls /m\n`);
  t.regex(mounted.log, /^bin$/m);
  t.notRegex(mounted.log, /only-in-stage/);
});

testOnBase('runner-up 4: --no-cache empties the cache mounts that are used', async (t) => {
  const { build } = bench(t);
  const dockerfile = 'FROM busybox\nARG N\nRUN --mount=type=cache,target=/c echo $N >> /c/n && cat /c/n\n';
  t.is((await build(dockerfile, { buildArgs: { N: '1' } })).log, '1\n');
  t.is((await build(dockerfile, { buildArgs: { N: '2' } })).log, '1\n2\n');
  t.is((await build(dockerfile, { buildArgs: { N: '3' }, noCache: true })).log, '3\n');
});

testOnBase('runner-up 5: a directory that is made anew hides what it held', async (t) => {
  const { build } = bench(t);
  const { log, files } = await build(`FROM busybox
RUN mkdir -p /d/s && touch /d/old /d/s/old
RUN rm -rf /d && mkdir /d && touch /d/new
RUN ls /d
`);
  t.is(log, 'new\n');
  t.deepEqual(
    [...files.keys()].filter((path) => path.startsWith('d/')),
    ['d/new'],
  );
});

test('runner-up 6: rewrite-timestamp leaves the layers of the base alone', async (t) => {
  const { give, build, root } = bench(t);
  give({ f: 'f' });
  const base = await build('FROM scratch\nCOPY f /below\n');
  const rewritten = await build('FROM old\nCOPY f /above\n', {
    buildContexts: { old: `oci-layout://${join(root, 'image-0')}@${base.result.digest}` },
    buildArgs: { SOURCE_DATE_EPOCH: '1000000000' },
    outputs: [
      {
        type: 'oci',
        dest: join(root, 'image-1'),
        tar: false,
        compression: 'uncompressed',
        rewriteTimestamp: true,
      },
    ],
  });
  t.is(rewritten.document.rootfs.diff_ids[0], base.document.rootfs.diff_ids[0]);
  t.true((rewritten.files.get('below')?.mtime.getTime() ?? 0) > 1_000_000_000_000);
  t.is(rewritten.files.get('above')?.mtime.getTime(), 1_000_000_000_000);
});

testNeeding('busybox')('runner-up 7: HEALTHCHECK NONE overrides an inherited one', async (t) => {
  const { build } = bench(t, { Healthcheck: { Test: ['CMD', 'check'], Interval: 1_000_000_000 } });
  t.deepEqual((await build('FROM base\n')).config['Healthcheck'], {
    Test: ['CMD', 'check'],
    Interval: 1_000_000_000,
  });
  t.deepEqual((await build('FROM base\nHEALTHCHECK NONE\n')).config['Healthcheck'], { Test: ['NONE'] });
});

test('runner-up 8: one variable of EXPOSE may hold several ports', async (t) => {
  const { config } = await bench(t).build('FROM scratch\nARG P="80 81/udp"\nEXPOSE $P\n');
  t.deepEqual(config['ExposedPorts'], { '80/tcp': {}, '81/udp': {} });
});

testOnBase('runner-up 9: USER takes supplementary groups unless it names a group', async (t) => {
  const { build } = bench(t);
  const { log } = await build('FROM busybox\nUSER app\nRUN id -G\nUSER app:other\nRUN id -G\n');
  t.is(log, '1000 1001\n1002\n');
});

test('runner-up 10: labels of other stages do not appear', async (t) => {
  const { give, build } = bench(t);
  give({ f: 'f' });
  const { config } = await build(
    'FROM scratch AS a\nLABEL one=1\nCOPY f /f\nFROM scratch\nLABEL two=2\nCOPY --from=a /f /f\n',
  );
  t.deepEqual(config['Labels'], { two: '2' });
});

testOnBase('runner-up 11: a user without a passwd entry has / as HOME', async (t) => {
  t.is((await bench(t).build('FROM busybox\nUSER 4242\nRUN echo $HOME\n')).log, '/\n');
});

test('runner-up 12: a name with wildcard characters is written with [[]', async (t) => {
  const { give, build } = bench(t);
  give({ 'a[1].txt': 'brackets', 'a1.txt': 'plain' });
  const copied = async (source: string) =>
    (await build(`FROM scratch\nCOPY ${source} /o\n`)).files.get('o')?.text;
  t.is(await copied('a[[]1].txt'), 'brackets');
  t.is(await copied('a[1].txt'), 'plain');
});

testOnBase('runner-up 13: a Dockerfile with CRLF builds', async (t) => {
  const { log, config } = await bench(t).build(
    'FROM busybox\r\nENV A=1\r\nRUN echo a \\\r\n  b\r\nWORKDIR /w\r\n',
  );
  t.is(log, 'a b\n');
  t.deepEqual(config['Env'], ['PATH=/bin', 'A=1']);
  t.is(config['WorkingDir'], '/w');
});
