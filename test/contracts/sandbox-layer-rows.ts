// What a step leaves (BuildKit's executor/stubs.go), and layers as they are unpacked and made.
import type { StoredLayer } from '../../src/store/stored-layer.js';
import { getAttribute } from '@napi-rs/xattr';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { fromUtf8 } from '../../src/core/bytes.js';
import { digestOf, hexOf } from '../../src/core/digest.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import { layerLimits } from '../../src/layer/limits.js';
import {
  addLayer,
  dir,
  file,
  hardlink,
  hostFile,
  probe,
  special,
  symlink,
  temporaryStore,
} from '../support/sandbox-rootfs.js';
import { openWorld, type SandboxDriver, type World } from '../support/sandbox-world.js';
import { failureCode, lines, type SuiteContext, TREES } from './sandbox-suite-context.js';

export function layerRows({ check, driver }: SuiteContext): void {
  check('the image keeps its own resolv.conf', async (t, w) => {
    const layers = await w.on([dir('etc'), file('etc/resolv.conf', 'mine\n')]);
    const first = await w.run('cat /etc/resolv.conf; touch /etc/changed', { layers });
    t.is(first.stdout, 'nameserver 192.0.2.1\n');
    t.deepEqual(first.changes, ['node etc', 'node etc/changed']);
  });

  check('a failed command leaves no layer, and what it printed is there to the last byte', async (t, w) => {
    const { layer, stdout } = await w.run('seq 1 20000; touch /x; exit 1');
    t.is(layer, undefined);
    t.is(lines(stdout).at(-1), '20000');
  });

  check('the working directory is made for the user and is part of the layer', async (t, w) => {
    const { stdout, entries } = await w.run('pwd; stat -c "%u %g %a" .', {
      cwd: '/srv/deep/app',
      uid: 1000,
      gid: 50,
    });
    t.deepEqual(lines(stdout), ['/srv/deep/app', '1000 50 755']);
    t.deepEqual(
      entries.map((entry) =>
        entry.kind === 'node' ? [entry.path, entry.node.uid, entry.node.gid, entry.node.mode] : entry.kind,
      ),
      [
        ['srv', 1000, 50, 0o755],
        ['srv/deep', 1000, 50, 0o755],
        ['srv/deep/app', 1000, 50, 0o755],
      ],
    );
  });

  check(
    'only what changed is in the layer: times of directories and rewritten equal files are not',
    async (t, w) => {
      const layers = await w.on([
        dir('d'),
        file('d/keep', 'k'),
        file('d/gone', 'g'),
        dir('full'),
        file('full/a', 'a'),
        file('full/b', 'b'),
      ]);
      const quiet = await w.run('touch /tmp/x; rm /tmp/x; chmod 644 /d/keep; mkdir /run; rmdir /run', {
        layers,
      });
      t.deepEqual(quiet.changes, []);
      const loud = await w.run(
        'rm /d/gone; rm -r /full; mkdir /full; echo n > /full/new; chmod 600 /d/keep',
        { layers },
      );
      t.deepEqual(loud.changes, [
        'node d',
        'whiteout d/gone',
        'node d/keep',
        'opaque full',
        'node full',
        'node full/new',
      ]);
      const next = await w.run('ls /d /full; stat -c %a /d/keep', {
        layers: [...layers, loud.layer!],
      });
      t.deepEqual(lines(next.stdout), ['/d:', 'keep', '', '/full:', 'new', '600']);
    },
  );

  check(
    'a layer is unpacked as it was made: owners, set-id, links, times, whiteouts, names of bytes',
    async (t, w) => {
      const made = await w.run(
        'mkdir -m 2750 /p; echo 1 > /p/suid; chown 33:44 /p/suid; chmod 4755 /p/suid; ln /p/suid /p/hard; ln -s ../etc /p/soft; mkfifo /p/pipe; touch -d @1234567890 /p/suid; printf x > "$(printf "/p/\\377")"; rm /etc/group',
      );
      t.deepEqual(made.changes, [
        'node etc',
        'whiteout etc/group',
        'node p',
        'node p/hard',
        'node p/pipe',
        'node p/soft',
        'hardlink p/suid',
        'node p/\xff',
      ]);
      const layer = made.layer!;
      const other = await openWorld(driver);
      for (const place of ['blob', 'index'] as const)
        copyFileSync(w.store.paths[place](layer.diffId), other.store.paths[place](layer.diffId));
      try {
        const { stdout } = await other.run(
          'cd /p; stat -c "%n %u:%g %a %h %Y" suid; stat -c %a .; readlink soft; test -p pipe && echo fifo; ls | wc -l; test -e /etc/group || echo gone',
          { layers: [other.base, layer] },
        );
        t.deepEqual(lines(stdout), ['suid 33:44 4755 2 1234567890', '2750', '../etc', 'fifo', '5', 'gone']);
      } finally {
        await other.close();
      }
    },
  );

  check(
    'set-user-id and file capabilities work, and capabilities are in the layer as every runtime reads them',
    async (t, w) => {
      // cap_chown=ep: VFS_CAP_REVISION_2 with the effective bit, permitted 0x1.
      const capability = Buffer.from('0100000201000000000000000000000000000000', 'hex').toString('latin1');
      const xattrs = { 'security.capability': capability } as never;
      const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => readFileSync(path).length > 0)!;
      const layers = await w.on([
        dir('opt'),
        hostFile('opt/cat', busybox, { xattrs }),
        probe('opt/geteuid', 107, { mode: 0o4755, uid: 5 }),
      ]);
      const { stdout } = await w.run('/opt/cat /proc/self/status | grep CapEff; /opt/geteuid; echo $?', {
        layers,
        uid: 1000,
        gid: 1000,
      });
      t.is(lines(stdout)[0], 'CapEff:\t0000000000000001');
      if (process.arch === 'x64') t.is(lines(stdout)[1], String(256 - 5));
      const copied = await w.run('chmod 711 /opt/cat', { layers });
      const entry = copied.entries.find(({ path }) => path === 'opt/cat');
      t.is(
        entry?.kind === 'node' ? entry.node.xattrs?.['security.capability'] : undefined,
        capability as never,
      );
    },
  );

  check('devices of a layer are placeholders, and no change', async (t, w) => {
    const layers = await w.on([
      dir('odd'),
      special('odd/null', 'char', { devMajor: 1, devMinor: 3 }),
      special('odd/pipe', 'fifo'),
    ]);
    // Where devices are recorded, the step sees one.
    const isDevice = '[ -f /odd/null ] || [ "$(stat -c %t:%T /odd/null)" = 1:3 ]';
    const { stdout, changes } = await w.run(`ls /odd; if ${isDevice}; then echo placeholder; fi`, { layers });
    t.deepEqual(lines(stdout), ['null', 'pipe', 'placeholder']);
    t.deepEqual(changes, []);
  });

  check('devices of a layer stay what they are, whatever is done to them', async (t, w) => {
    const layers = await w.on([
      dir('jail'),
      dir('jail/dev'),
      special('jail/dev/null', 'char', { devMajor: 1, devMinor: 3, mode: 0o666 }),
      special('jail/dev/sda', 'block', { devMajor: 8, devMinor: 0, mode: 0o660, gid: 6 }),
      special('jail/dev/zero', 'char', { devMajor: 1, devMinor: 5, mode: 0o666 }),
      special('jail/dev/none', 'char', { devMajor: 0, devMinor: 0, mode: 0o600 }),
    ]);
    const command = [
      'chmod 600 /jail/dev/null',
      'chown 0:5 /jail/dev/sda',
      'ln /jail/dev/zero /jail/dev/zero2',
      'mv /jail/dev/none /jail/none',
    ].join(' && ');
    const first = await w.run(command, { layers });
    t.is(first.exitCode, 0, first.stderr);
    const changed = [
      'jail/dev/null c 600 0:0 1,3',
      'jail/dev/sda b 660 0:5 8,0',
      'jail/dev/zero c 666 0:0 1,5',
      'jail/none c 600 0:0 0,0',
    ];
    t.deepEqual(specials(first.entries), changed);
    t.true(first.changes.includes('hardlink jail/dev/zero2'));
    t.deepEqual(
      first.changes.filter((change) => change.startsWith('whiteout')),
      ['whiteout jail/dev/none'],
    );
    const above = first.layer!;
    const second = await w.run(
      'rm /jail/dev/zero2 && mkdir /new && mv /jail/dev /jail/none /new/ && rm /new/dev/null',
      {
        layers: [...layers, above],
      },
    );
    t.is(second.exitCode, 0, second.stderr);
    t.deepEqual(specials(second.entries), [
      'new/dev/sda b 660 0:5 8,0',
      'new/dev/zero c 666 0:0 1,5',
      'new/none c 600 0:0 0,0',
    ]);
    const none = await w.run('test -e /jail/none && test -e /jail/dev/zero2', {
      layers: [...layers, above],
    });
    t.is(none.exitCode, 0);
    t.deepEqual(none.changes, []);
  });

  check('devices are shown to the step, and copied as devices', async (t, w) => {
    const layers = await w.on([
      dir('jail'),
      special('jail/null', 'char', { devMajor: 1, devMinor: 3, mode: 0o666, uid: 5, gid: 6 }),
      special('jail/sda', 'block', { devMajor: 8, devMinor: 300, mode: 0o660 }),
    ]);
    const copy =
      'cp -a /jail /copy && cd /jail && tar cf /all.tar null sda && mkdir /out && tar xf /all.tar -C /out';
    const show =
      'stat -c "%n %F %t:%T %u:%g %a %s" null sda && test -c null && test -b sda && ! test -f null';
    const { exitCode, stdout, stderr, entries } = await w.run(`${copy} && ${show}`, { layers });
    t.is(exitCode, 0, stderr);
    t.deepEqual(lines(stdout), [
      'null character special file 1:3 5:6 666 0',
      'sda block special file 8:12c 0:0 660 0',
    ]);
    t.deepEqual(specials(entries), [
      'copy/null c 666 5:6 1,3',
      'copy/sda b 660 0:0 8,300',
      'out/null c 666 5:6 1,3',
      'out/sda b 660 0:0 8,300',
    ]);
    const made = await w.run(
      'mkdir /made && cp -a /dev/zero /made/ && mknod /made/sdb b 8 16 && test -c /made/zero && mv /made /moved && cp -a /moved /made && test -b /made/sdb',
    );
    t.is(made.exitCode, 0, made.stderr);
    t.deepEqual(specials(made.entries), [
      'made/sdb b 644 0:0 8,16',
      'made/zero c 666 0:0 1,5',
      'moved/sdb b 644 0:0 8,16',
      'moved/zero c 666 0:0 1,5',
    ]);
  });

  check('FIFOs of a layer stay what they are, whatever is done to them', async (t, w) => {
    const layers = await w.on([
      dir('run'),
      dir('run/in'),
      special('run/in/moved', 'fifo', { mode: 0o600 }),
      special('run/in/own', 'fifo', { mode: 0o620, uid: 3, gid: 4 }),
      special('run/kept', 'fifo', { mode: 0o640 }),
    ]);
    const command = 'cd /run && mv in/moved moved && chmod 604 in/own && mv in out && test -p out/own';
    const { exitCode, stderr, entries } = await w.run(command, { layers });
    t.is(exitCode, 0, stderr);
    t.deepEqual(specials(entries), ['run/moved p 600 0:0', 'run/out/own p 604 3:4']);
  });

  check('mknod makes devices, which are of the caller and are changed, moved and removed', async (t, w) => {
    const command = [
      'mkdir -p /jail/set && chgrp 50 /jail/set && chmod 2775 /jail/set && cd /jail',
      'mknod -m 666 null c 1 3',
      'mknod /jail/sda b 8 0',
      'mknod pipe p',
      'umask 077; mknod tty c 5 0; umask 022',
      'mknod set/big c 4095 1048575',
      'touch set/file',
      'mknod gone c 1 5 && rm gone',
      'mknod moved c 1 7 && mv moved set/full && chown 5:6 set/full && chmod 640 set/full',
      'ln null null2',
      '! mknod null c 1 3 2> /dev/null',
      '! mknod /jail/none/x c 1 3 2> /dev/null',
      '! mknod mark c 0 0 2> /dev/null && ! test -e mark',
      'mknod /dev/more c 1 3 && test -e /dev/more',
      'ls',
    ].join(' && ');
    const { exitCode, stdout, stderr, entries, changes, layer } = await w.run(`set -x; ${command}`);
    t.is(exitCode, 0, stderr);
    t.deepEqual(lines(stdout), ['null', 'null2', 'pipe', 'sda', 'set', 'tty']);
    // Not every driver hands the group of the directory on.
    const made = entries.find(({ path }) => path === 'jail/set/file');
    const group = made?.kind === 'node' ? made.node.gid : undefined;
    t.deepEqual(specials(entries), [
      'jail/null c 666 0:0 1,3',
      'jail/pipe p 644 0:0',
      'jail/sda b 644 0:0 8,0',
      `jail/set/big c 644 0:${group} 4095,1048575`,
      'jail/set/full c 640 5:6 1,7',
      'jail/tty c 600 0:0 5,0',
    ]);
    t.true(changes.includes('hardlink jail/null2'));
    const above = layer!;
    const next = await w.run('chmod 444 /jail/sda && mv /jail/tty /jail/console', {
      layers: [w.base, above],
    });
    t.deepEqual(specials(next.entries), ['jail/console c 600 0:0 5,0', 'jail/sda b 444 0:0 8,0']);
  });

  check('only root with its capabilities makes devices, and a device opens nothing', async (t, w) => {
    const other = await w.run('cd /tmp && ! mknod disk b 8 0 && ! test -e disk && mknod pipe p', {
      uid: 1000,
      gid: 1000,
    });
    t.is(other.exitCode, 0, other.stderr);
    t.deepEqual(specials(other.entries), ['tmp/pipe p 644 1000:1000']);
    // What the host has at 1:5 gives bytes without end.
    const opened = await w.run('mknod /zero c 1 5 && ! head -c 1 /zero | grep -q .');
    t.is(opened.exitCode, 0, opened.stderr);
  });

  check('a damaged blob is refused', async (t, w) => {
    const layer = await addLayer(w.store, [file('other', 'x')]);
    t.is(
      (await failureCode(w.run('true', { layers: [{ ...w.base, diffId: layer.diffId }] }))).code,
      'STORE_CORRUPT',
    );
  });

  check('a layer that differs little from an unpacked one looks as if it was unpacked', async (t, w) => {
    const first = [
      dir('site', { mode: 0o2750, uid: 3, gid: 4 }),
      file('site/changed', 'old', { mode: 0o600 }),
      dir('site/deep', { mode: 0o711 }),
      file('site/deep/kept', 'of the first', { mode: 0o4711, uid: 33 }),
      file('site/kept', 'the same'),
      file('site/other', 'old'),
    ];
    const second = put(put(first, file('site/changed', 'new', { uid: 5 })), file('site/deep/more', 'added'));
    const third = put(second, symlink('site/other', 'kept'));
    const command =
      'cd /site; find . -exec stat -c "%n %F %u:%g %a %Y" {} + | sort; cat changed deep/* kept other; rm -r deep; echo >> changed';
    const seen = async (layers: readonly StoredLayer[]) => {
      const { stdout, changes } = await w.run(command, { layers });
      return { stdout, changes };
    };
    const unpacked = await Promise.all(
      [second, third].map((entries) => inOtherWorld(driver, entries, command)),
    );
    const [, one] = (await w.on(first)) as [StoredLayer, StoredLayer];
    await seen([w.base, one]);
    const two = {
      ...(await addLayer(w.store, second)),
      similar: similarTo(one, 'site/changed', 'site/deep/more'),
    };
    t.deepEqual(await seen([w.base, two]), unpacked[0]);
    const three = { ...(await addLayer(w.store, third)), similar: similarTo(two, 'site/other') };
    t.deepEqual(await seen([w.base, three]), unpacked[1]);
    // Of the others it has nothing of its own.
    const trees = join(w.store.paths.local, TREES[w.sandbox.rung] ?? 'trees');
    t.is(await getAttribute(join(trees, hexOf(three.diffId)), 'user.overlay.over').then(String), two.diffId);
    t.deepEqual(await seen([w.base, { ...three, similar: similarTo(w.base, 'site/other') }]), unpacked[1]);
  });

  check('differences do not pile up: after some of them a tree is a whole one again', async (t, w) => {
    const entries = [dir('pile'), file('pile/kept', 'k'), file('pile/other', 'o'), file('pile/text', '')];
    const marks: (string | undefined)[] = [];
    let last: StoredLayer | undefined;
    for (let i = 0; i < 10; i++) {
      const made = await addLayer(w.store, put(entries, file('pile/text', `number ${i}`)));
      const layer: StoredLayer = { ...made, ...(last && { similar: similarTo(last, 'pile/text') }) };
      const { stdout } = await w.run('cat /pile/text /pile/kept', { layers: [w.base, layer] });
      t.is(stdout, `number ${i}k`);
      const tree = join(w.store.paths.local, TREES[w.sandbox.rung] ?? 'trees', hexOf(made.diffId));
      const mark = await getAttribute(tree, 'user.overlay.over');
      marks.push(mark === null ? undefined : String(mark));
      t.true(mark === null || String(mark) === last?.diffId);
      last = made;
    }
    t.deepEqual(
      marks.flatMap((mark, i) => (mark === undefined ? [i] : [])),
      [0, 8],
    );
  });

  check('a damaged content is refused, also when little else is unpacked', async (t, w) => {
    const entries = [dir('pair'), file('pair/a', 'first'), file('pair/b', 'second')];
    const [, whole] = (await w.on(entries)) as [StoredLayer, StoredLayer];
    await w.run('true', { layers: [w.base, whole] });
    const next = await addLayer(w.store, put(entries, file('pair/b', 'others')));
    const path = w.store.paths.blob(next.blob);
    const data = readFileSync(path);
    writeFileSync(path, Buffer.from(data.toString('latin1').replace('others', 'wrongs'), 'latin1'));
    const layer = { ...next, similar: similarTo(whole, 'pair/b') };
    t.is((await failureCode(w.run('true', { layers: [w.base, layer] }))).code, 'STORE_CORRUPT');
  });

  check('layers are indexed and unpacked while they are being fetched', async (t, w) => {
    const lower = await incoming(w, [
      dir('srv', { mode: 0o2750, uid: 3, gid: 4 }),
      file('srv/lower', 'of the lower layer', { mode: 0o640, uid: 5 }),
      file('srv/gone', 'x'),
    ]);
    // No entry for `srv`, and a hard link into the layer below: as archives made by hand have them.
    const upper = await incoming(w, [
      { kind: 'whiteout', path: fromUtf8('srv/gone') },
      hardlink('srv/linked', 'srv/lower'),
      file('srv/suid', 'own', { mode: 0o4711, uid: 33, gid: 44 }),
      file('top', 't'),
    ]);
    const { signal } = new AbortController();
    upper.grow();
    const first = w.sandbox.unpack(lower.layer, [w.base], signal);
    const second = w.sandbox.unpack(upper.layer, [w.base, lower.layer], signal);
    t.is(await Promise.race([first, second, setTimeout(100, 'waiting')]), 'waiting');
    lower.grow();
    await Promise.all([first, second]);
    for (const { layer, index } of [lower, upper]) t.deepEqual(w.store.readIndex(layer.diffId), index);
    const command = 'cd /srv; stat -c "%n %u:%g %a" . linked suid; cat linked; ls';
    const { stdout } = await w.run(command, { layers: [w.base, lower.layer, upper.layer] });
    t.deepEqual(lines(stdout), [
      '. 3:4 2750',
      'linked 5:0 640',
      'suid 33:44 4711',
      'of the lower layerlinked',
      'lower',
      'suid',
    ]);
  });

  check('a layer being fetched that is damaged, too large or given up leaves nothing', async (t, w) => {
    const trees = () => readdirSync(w.store.paths.trees).filter((name) => !name.startsWith('.lock-'));
    const before = trees();
    const { signal } = new AbortController();
    const whole = await incoming(w, [file('never', 'a'), file('seen', 'b')]);
    whole.grow();
    const other = { ...whole.layer, diffId: w.base.diffId };
    t.is((await failureCode(w.sandbox.unpack(other, [], signal))).code, 'LAYER_INVALID');
    const bounded = { ...whole.layer, limits: layerLimits({ maxEntries: 1 }) };
    t.is((await failureCode(w.sandbox.unpack(bounded, [], signal))).code, 'LAYER_LIMIT');
    const abort = new AbortController();
    const endless = { ...whole.layer, size: whole.layer.size + 1 };
    const given = w.sandbox.unpack(endless, [], abort.signal);
    abort.abort();
    t.is((await failureCode(given)).code, 'ABORTED');
    t.deepEqual(trees(), before);
    t.false(w.store.hasIndex(whole.layer.diffId));
  });
}

/** Devices and FIFOs, a line each. */
function specials(entries: readonly LayerEntry[]): string[] {
  const letters: Readonly<Record<string, string>> = { char: 'c', block: 'b', fifo: 'p' };
  return entries
    .flatMap((entry) => {
      const letter = entry.kind === 'node' ? letters[entry.node.type] : undefined;
      if (entry.kind !== 'node' || letter === undefined) return [];
      const { mode, uid, gid, devMajor, devMinor } = entry.node;
      const numbers = letter === 'p' ? '' : ` ${devMajor},${devMinor}`;
      return [`${entry.path} ${letter} ${mode.toString(8)} ${uid}:${gid}${numbers}`];
    })
    .toSorted();
}

/** The entries, one of them replaced or added, sorted. */
function put(entries: readonly LayerEntry[], entry: LayerEntry): LayerEntry[] {
  return [...entries.filter(({ path }) => path !== entry.path), entry].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
}

function similarTo({ diffId }: StoredLayer, ...changed: readonly string[]) {
  return { diffId, changed: changed.map(fromUtf8) };
}

/** What a command sees and changes on the layer, where nothing else was unpacked. */
async function inOtherWorld(driver: SandboxDriver, entries: readonly LayerEntry[], command: string) {
  const other = await openWorld(driver);
  try {
    const { stdout, changes } = await other.run(command, { layers: await other.on(entries) });
    return { stdout, changes };
  } finally {
    await other.close();
  }
}

/** A compressed layer that is not in the store, of which the file has only the first half until it grows. */
async function incoming(w: World, entries: readonly LayerEntry[]) {
  const made = temporaryStore();
  const { diffId } = await addLayer(made, entries);
  const index = made.readIndex(diffId);
  const blob = gzipSync(readFileSync(made.paths.blob(diffId)));
  rmSync(dirname(made.paths.root), { recursive: true });
  const path = w.store.temporaryPath();
  writeFileSync(path, blob.subarray(0, blob.length / 2));
  const layer = { diffId, blob: digestOf(blob), size: blob.length, growing: path, limits: layerLimits() };
  return { layer, index, grow: () => writeFileSync(path, blob) };
}
