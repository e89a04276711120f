// RUN --mount: the Dockerfile reference; BuildKit's solver/llbsolver/mounts/mount.go.
import type { StoredLayer } from '../../src/store/stored-layer.js';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MountSpec } from '../../src/worker/sandbox.js';
import { fromUtf8 } from '../../src/core/bytes.js';
import { fakeAgent } from '../support/fake-agent.js';
import { addLayer, dir, file, program, symlink } from '../support/sandbox-rootfs.js';
import { socketClient } from '../support/socket-programs.js';
import { failureCode, lines, type SuiteContext } from './sandbox-suite-context.js';

export function mountRows({ check }: SuiteContext): void {
  check('stubs of mount points leave no trace, unless something was put beside them', async (t, w) => {
    const mounts: MountSpec[] = [
      { type: 'tmpfs', target: '/made/here/tmpfs' },
      { type: 'secret', target: '/run/secrets/token', data: Buffer.from('s'), mode: 0o400, uid: 0, gid: 0 },
    ];
    t.deepEqual((await w.run('touch /made/here/tmpfs/x', { mounts })).changes, []);
    t.deepEqual((await w.run('touch /made/beside', { mounts })).changes, ['node made', 'node made/beside']);
  });

  check('stubs are removed through no link', async (t, w) => {
    const mounts: MountSpec[] = [{ type: 'tmpfs', target: '/stub/inner' }];
    const { changes } = await w.run(
      'mkdir /victim /victim/inner; umount /stub/inner 2>/dev/null; mv /stub /moved; ln -s /victim /stub; ls -d /victim/inner',
      { mounts },
    );
    t.true(changes.includes('node victim/inner'));
  });

  check('secrets are on a tmpfs, with their mode and owner, read-only', async (t, w) => {
    const mounts: MountSpec[] = [
      {
        type: 'secret',
        target: '/run/secrets/token',
        data: Buffer.from('hush'),
        mode: 0o440,
        uid: 7,
        gid: 8,
      },
    ];
    const { stdout, changes } = await w.run(
      'cat /run/secrets/token; echo; stat -c "%a %u %g" /run/secrets/token; stat -f -c %T /run/secrets/token; (echo > /run/secrets/token) 2>/dev/null || echo ro; grep " /run/secrets/token " /proc/mounts | grep -c noexec',
      { mounts },
    );
    t.deepEqual(lines(stdout), ['hush', '440 7 8', 'tmpfs', 'ro', '1']);
    t.deepEqual(changes, []);
  });

  check(
    'binds: read-only by default, writes of rw are thrown away, links of the source stay inside',
    async (t, w) => {
      const source = await addLayer(w.store, [
        dir('src'),
        file('src/a', 'A'),
        symlink('root', '/'),
        symlink('abs', '/src'),
      ]);
      const bind = (target: string, subpath: string, isReadonly: boolean): MountSpec => ({
        type: 'bind',
        target,
        source: { layers: [source], subpath },
        isReadonly,
      });
      const mounts = [
        bind('/ro', '/abs', true),
        bind('/rw', '/src', false),
        bind('/one', '/src/a', true),
        bind('/top', '/root', true),
      ];
      const { stdout, changes } = await w.run(
        'cat /ro/a /one; (echo > /ro/b) 2>/dev/null || echo ro; echo new > /rw/a; cat /rw/a; ls /top',
        { mounts },
      );
      t.deepEqual(lines(stdout), ['AAro', 'new', 'abs', 'root', 'src']);
      t.deepEqual(changes, []);
      const again = await w.run('cat /rw/a', { mounts });
      t.is(again.stdout, 'A');
      t.is(
        (await failureCode(w.run('true', { mounts: [bind('/x', '/missing', true)] }))).code,
        'COPY_NOT_FOUND',
      );
    },
  );

  check(
    'a tmpfs has the mode of the directory that it covers, and 1777 where there is none',
    async (t, w) => {
      const layers = await w.on([
        dir('keys', { mode: 0o700, uid: 5 }),
        dir('shared', { mode: 0o2775 }),
        symlink('led', '/keys'),
      ]);
      const tmpfs = (target: string): MountSpec => ({ type: 'tmpfs', target });
      const targets = ['/led', '/shared', '/tmp', '/fresh/inner'];
      const { stdout, changes } = await w.run(
        'stat -c "%a %u" /keys /shared /tmp /fresh/inner; touch /keys/x',
        {
          layers,
          mounts: targets.map(tmpfs),
        },
      );
      t.deepEqual(lines(stdout), ['700 0', '2775 0', '1777 0', '1777 0']);
      t.deepEqual(changes, []);
    },
  );

  check('a tmpfs inside of a bind has the mode of what it covers there', async (t, w) => {
    const source = await addLayer(w.store, [dir('src'), dir('src/modules', { mode: 0o711 })]);
    const mounts: MountSpec[] = [
      { type: 'tmpfs', target: '/work/modules' },
      {
        type: 'bind',
        target: '/work',
        source: { layers: [source], subpath: '/src' },
        isReadonly: false,
      },
    ];
    t.is((await w.run('stat -c %a /work/modules', { mounts })).stdout, '711\n');
  });

  check('a file cannot be mounted on a directory, which is told in words', async (t, w) => {
    const source = await addLayer(w.store, [file('f', 'f')]);
    const mounts: MountSpec[] = [
      { type: 'bind', target: '/etc', source: { layers: [source], subpath: '/f' }, isReadonly: true },
    ];
    const { code, message } = await failureCode(w.run('true', { mounts }));
    t.is(code, 'LAYER_UNSAFE');
    t.regex(message, /^cannot mount on \/etc: /);
  });

  check('a tree with an opaque root, or with one layer twice, can be mounted', async (t, w) => {
    const below = await addLayer(w.store, [file('below', 'b')]);
    const opaque = await addLayer(w.store, [{ kind: 'opaque', path: fromUtf8('') }, file('above', 'a')]);
    const bind = (target: string, layers: readonly StoredLayer[], isReadonly: boolean): MountSpec => ({
      type: 'bind',
      target,
      source: { layers, subpath: '/' },
      isReadonly,
    });
    const mounts = [
      bind('/opaque', [below, opaque], true),
      bind('/writable', [below, opaque], false),
      bind('/twice', [below, below], true),
    ];
    const { stdout } = await w.run('ls /opaque; ls /writable; ls /twice', { mounts });
    t.deepEqual(lines(stdout), ['above', 'above', 'below']);
  });

  const cache = (
    id: string,
    sharing: 'shared' | 'private' | 'locked',
    more: Partial<Extract<MountSpec, { type: 'cache' }>> = {},
  ): MountSpec => ({
    type: 'cache',
    target: '/cache',
    id,
    sharing,
    isReadonly: false,
    mode: 0o755,
    uid: 0,
    gid: 0,
    isReset: false,
    ...more,
  });

  check(
    'cache mounts: kept from step to step, seeded once, not in the layer, emptied on demand',
    async (t, w) => {
      const seed = {
        layers: [await addLayer(w.store, [dir('s'), file('s/seeded', '1', { uid: 5, gid: 6 })])],
        subpath: 's',
      };
      const mount = (more = {}) => ({
        mounts: [cache('../../odd id', 'shared', { seed, mode: 0o700, uid: 9, gid: 9, ...more })],
      });
      const first = await w.run(
        'ls /cache; stat -c "%u:%g" /cache/seeded; stat -c "%a %u" /cache; echo x > /cache/kept',
        mount(),
      );
      t.deepEqual(lines(first.stdout), ['seeded', '5:6', '700 9']);
      t.deepEqual(first.changes, []);
      t.deepEqual(lines((await w.run('ls /cache', mount())).stdout), ['kept', 'seeded']);
      t.deepEqual(lines((await w.run('ls /cache', mount({ isReset: true }))).stdout), ['seeded']);
      t.deepEqual(
        readdirSync(w.store.paths.mounts).filter((name) => !/^[0-9a-f]{64}$/.test(name)),
        [],
      );
    },
  );

  check('cache mounts: private ones are apart, locked ones wait, shared ones meet', async (t, w) => {
    const both = (sharing: 'shared' | 'private' | 'locked', command: string) =>
      Promise.all([1, 2].map(() => w.run(command, { mounts: [cache(`together-${sharing}`, sharing)] })));
    const meet =
      'n=0; echo >> /cache/in; while [ $n -lt 100 ] && [ $(wc -l < /cache/in) -lt 2 ]; do n=$((n+1)); sleep 0.1; done; wc -l < /cache/in';
    t.deepEqual(
      (await both('shared', meet)).map(({ stdout }) => stdout.trim()),
      ['2', '2'],
    );
    const alone = 'echo >> /cache/in; sleep 0.5; wc -l < /cache/in';
    t.deepEqual(
      (await both('private', alone)).map(({ stdout }) => stdout.trim()),
      ['1', '1'],
    );
    const exclusive = 'test -e /cache/busy && echo clash; touch /cache/busy; sleep 0.5; rm /cache/busy';
    t.deepEqual(
      (await both('locked', exclusive)).map(({ stdout }) => stdout),
      ['', ''],
    );
  });

  check('ssh: listing and signing reach the agent, nothing else does', async (t, w) => {
    const agent = await fakeAgent(join(mkdtempSync(join(tmpdir(), 'tsbuild-agent-')), 'agent'));
    t.teardown(() => agent.close());
    const mounts: MountSpec[] = [
      {
        type: 'ssh',
        target: '/run/buildkit/ssh_agent.0',
        agentSocket: agent.path,
        mode: 0o600,
        uid: 1000,
        gid: 1000,
      },
    ];
    const sign = '0000000f0d000000016b000000016400000004';
    const messages = [
      '000000010b',
      sign,
      '0000000113',
      '0000000111',
      '0000000116',
      '000000011b',
      '7fffffff',
      '000000010b',
    ];
    const layers = await w.on([
      dir('ask'),
      ...messages.map((message, i) =>
        program(`ask/${i}`, socketClient('/run/buildkit/ssh_agent.0', Buffer.from(message, 'hex'))),
      ),
    ]);
    const { stdout, changes } = await w.run(
      'stat -c "%a %u %F" /run/buildkit/ssh_agent.0; for i in $(seq 0 7); do /ask/$i | xxd -p; done',
      { layers, mounts, uid: 1000 },
    );
    t.is(lines(stdout)[0], '600 1000 socket');
    if (process.arch !== 'x64') return;
    t.deepEqual(lines(stdout).slice(1), [
      '000000050c00000000',
      '000000050e00000000',
      ...Array.from({ length: 3 }, () => '0000000105'),
      '000000011c',
      '000000050c00000000',
    ]);
    t.deepEqual(agent.asked, [11, 13, 11]);
    t.deepEqual(changes, []);
  });

  check('files of heredocs are shown below /dev and are gone afterwards', async (t, w) => {
    const files = [
      { path: '/dev/pipes/EOF', content: Buffer.from('#!/bin/sh\necho from a file\n'), mode: 0o755 },
    ];
    const { stdout, changes } = await w.run(['/dev/pipes/EOF'], { files });
    t.is(stdout, 'from a file\n');
    t.deepEqual(changes, []);
  });
}
