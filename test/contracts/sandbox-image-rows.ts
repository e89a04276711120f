// Images that try to lead mounts and directories out of the sandbox.
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MountSpec } from '../../src/worker/sandbox.js';
import { fromUtf8 } from '../../src/core/bytes.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import {
  addLayer,
  addTar,
  dir,
  file,
  hardlink,
  MTIME,
  rootfsEntries,
  symlink,
} from '../support/sandbox-rootfs.js';
import { archive, pax, record } from '../unit/layer/tar/support/hostile-tar.js';
import { failureCode, lines, type SuiteContext } from './sandbox-suite-context.js';

export function imageRows({ check }: SuiteContext): void {
  check('a working directory through /proc/self/fd leads nowhere', async (t, w) => {
    for (const fd of [3, 7, 12]) {
      const { code } = await failureCode(w.run('ls -la .', { cwd: `/proc/self/fd/${fd}` }));
      const layers = await w.on([symlink('way-out', `/proc/self/fd/${fd}`)]);
      const linked = await failureCode(w.run('ls -la .', { layers, cwd: '/way-out' }));
      t.truthy(code);
      t.truthy(linked.code);
    }
  });

  check('an image with links in the place of mount points leads nowhere', async (t, w) => {
    const out = mkdtempSync(join(tmpdir(), 'tsbuild-outside-'));
    const layers = await w.on([symlink('etc/resolv.conf', `${out}/resolv`), symlink('run', out), dir('etc')]);
    const mounts: MountSpec[] = [
      { type: 'secret', target: '/run/secrets/x', data: Buffer.from('s'), mode: 0o400, uid: 0, gid: 0 },
    ];
    const { stdout, changes } = await w.run('cat /etc/resolv.conf /run/secrets/x', { layers, mounts });
    t.is(stdout, 'nameserver 192.0.2.1\ns');
    t.deepEqual(changes, []);
    t.deepEqual(readdirSync(out), []);
  });

  for (const place of ['proc', 'sys'] as const) {
    check(`an image whose /${place} is a link or a file is refused`, async (t, w) => {
      for (const entry of [symlink(place, '/tmp'), file(place, '')]) {
        const base = rootfsEntries().filter(({ path }) => path !== place);
        const layers = [await addLayer(w.store, [...base, entry])];
        t.is((await failureCode(w.run('true', { layers }))).code, 'LAYER_UNSAFE');
      }
    });
  }

  check('an image whose /dev is a link gets its devices inside itself', async (t, w) => {
    const base = rootfsEntries().filter(({ path }) => path !== 'dev');
    const layers = [await addLayer(w.store, [...base, symlink('dev', '../../../../var/devices')])];
    const { stdout } = await w.run('ls /var/devices/null', { layers });
    t.is(stdout, '/var/devices/null\n');
  });

  check('no layers at all: a step on an empty rootfs finds no command', async (t, w) => {
    t.is((await failureCode(w.run(['/bin/sh'], { layers: [] }))).code, 'STEP_NOT_FOUND');
  });

  check(
    'layers that write, link or delete through their own links are refused, and touch nothing',
    async (t, w) => {
      const out = mkdtempSync(join(tmpdir(), 'tsbuild-outside-'));
      writeFileSync(join(out, 'secret'), 'canary');
      const before = statSync(out).mtimeMs;
      const path = (text: string) => fromUtf8(text);
      const attacks: LayerEntry[][] = [
        [symlink('d', out), file('d/written', 'x')],
        [symlink('d', out), dir('d/made')],
        [symlink('d', out), { kind: 'whiteout', path: path('d/secret') }],
        [symlink('d', out), { kind: 'opaque', path: path('d') }],
        [symlink('d', out), hardlink('stolen', 'd/secret')],
        [dir('a'), symlink('a/b', '../../../../../..'), file(`a/b${out}/written`, 'x')],
      ];
      for (const attack of attacks) {
        const layers = [w.base, await addLayer(w.store, attack)];
        t.regex(
          (await failureCode(w.run('cat /stolen', { layers }))).code ?? 'none',
          /^LAYER_(UNSAFE|INVALID)$/,
        );
      }
      t.deepEqual([readdirSync(out), statSync(out).mtimeMs], [['secret'], before]);
    },
  );

  check('a link in a lower layer gives nothing of the host to a layer above', async (t, w) => {
    const out = mkdtempSync(join(tmpdir(), 'tsbuild-outside-'));
    writeFileSync(join(out, 'secret'), 'canary');
    const lower = await addLayer(w.store, [symlink('d', out)]);
    const thief = await addLayer(w.store, [hardlink('stolen', 'd/secret')]);
    t.is((await failureCode(w.run('cat /stolen', { layers: [w.base, lower, thief] }))).code, 'LAYER_INVALID');
  });

  check('a layer may say little: what it does not describe looks as it does below', async (t, w) => {
    const first = await addLayer(w.store, [
      dir('old', { mode: 0o750, uid: 3 }),
      file('old/a', 'A', { mode: 0o640, uid: 4 }),
      dir('gone'),
      file('gone/x', 'x'),
    ]);
    const sparse = await addLayer(w.store, [
      file('tmp/new', 'n'),
      hardlink('old/b', 'old/a'),
      { kind: 'whiteout', path: fromUtf8('gone/x') },
    ]);
    const { stdout } = await w.run('stat -c "%a %u" /tmp /old /old/b; cat /old/b; ls -A /gone', {
      layers: [w.base, first, sparse],
    });
    t.deepEqual(lines(stdout), ['1777 0', '750 3', '640 4', 'A']);
  });

  check('the last header of a file wins for all its names', async (t, w) => {
    const layers = await w.on([
      file('a', 'x', { mode: 0o600, uid: 3, gid: 3 }),
      hardlink('b', 'a', { mode: 0o4755, uid: 9, gid: 9, mtime: 1_234_567_890 }),
      file('c', 'x', { mode: 0o600, uid: 3 }),
      hardlink('d', 'c', { mode: 0o644 }),
      symlink('s', 'a'),
      hardlink('t', 's', { mode: 0o600, uid: 7, gid: 7 }),
    ]);
    const { stdout } = await w.run('stat -c "%n %a %u:%g %Y %h" /a /b /c /d /s', { layers });
    t.deepEqual(lines(stdout), [
      '/a 4755 9:9 1234567890 2',
      '/b 4755 9:9 1234567890 2',
      `/c 644 0:0 ${MTIME} 2`,
      `/d 644 0:0 ${MTIME} 2`,
      `/s 777 7:7 ${MTIME} 2`,
    ]);
  });

  check('files with holes, and hard links to what AUFS kept for them', async (t, w) => {
    const sparse = pax([
      record('GNU.sparse.major', '1'),
      record('GNU.sparse.minor', '0'),
      record('GNU.sparse.name', 'holes'),
      record('GNU.sparse.realsize', '3000000'),
    ]);
    const tar = archive(
      sparse,
      { name: 'GNUSparseFile.0/holes', data: `${'2\n1000000\n3\n2000000\n4\n'.padEnd(512, '\0')}abcdefg` },
      { name: '.wh..wh.plnk/1.2', data: 'kept', mode: '0000640\0' },
      { name: 'one', type: '1', linkname: '.wh..wh.plnk/1.2' },
      { name: 'two', type: '1', linkname: './.wh..wh.plnk/1.2' },
    );
    const layers = [w.base, await addTar(w.store, tar)];
    const show =
      'tail -c +1000001 /holes | head -c 3; tail -c +2000001 /holes | head -c 4; tr -d "\\0" < /holes | wc -c';
    const { stdout } = await w.run(
      `${show}; stat -c "%n %s %a %h" /holes /one /two; cat /one; ls -A / | grep -c wh || true`,
      { layers },
    );
    t.deepEqual(lines(stdout), ['abcdefg7', '/holes 3000000 644 1', '/one 4 640 2', '/two 4 640 2', 'kept0']);
  });

  check('entries that replace each other end as the last one', async (t, w) => {
    const flips: LayerEntry[] = [
      dir('x'),
      file('x/y', '1'),
      file('x', '2'),
      dir('x'),
      dir('x/z'),
      symlink('x', '/etc'),
      dir('x'),
      file('x/last', '3'),
    ];
    const { stdout } = await w.run('ls -A /x; cat /x/last', { layers: await w.on(flips) });
    t.deepEqual(lines(stdout), ['last', '3']);
  });

  check('a path too deep for a layer is an error, and is cleaned up', async (t, w) => {
    const deep = 'p=$(printf "abcd/%.0s" $(seq 700)); mkdir -p $p && cd $p && mkdir -p $p';
    t.is((await failureCode(w.run(deep))).code, 'LAYER_LIMIT');
    t.is((await w.run('echo fine')).stdout, 'fine\n');
  });
}
