// A step gives the same layer on the rung with subordinate ids, on the one that records owners and in a chroot.
import type { StoredLayer } from '../../src/store/stored-layer.js';
import type { ExecutionContext } from 'ava';
import { chrootRung } from '../../src/worker/front/chroot-rung.js';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { usernsSingleRung } from '../../src/worker/front/userns-single-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import type { Rung } from '../../src/worker/front/rung.js';
import type { ProcessSpec } from '../../src/worker/sandbox.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import { testNeeding } from '../support/requirements.js';
import { dir, file, hostFile } from '../support/sandbox-rootfs.js';
import { openWorld, type World } from '../support/sandbox-world.js';

/** cap_net_bind_service=ep, VFS_CAP_REVISION_2. */
const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex').toString('latin1');

/** Each runs on what the ones before it left. */
/** What needs more ids than a range of subordinate ids has. */
const OF_ROOT = [
  [
    'touch /tmp/large && ln -s large /tmp/link && chown 1000710000:70000 /tmp/large && chown -h 1000710000 /tmp/link; chown 4294967295 /tmp/large; ls -ln /tmp',
  ],
] as const;

const STEPS: readonly (readonly [command: string, overrides?: Partial<ProcessSpec>])[] = [
  ['adduser -D -u 1000 app && addgroup -g 50 staff && adduser app staff && ls -ln /etc/passwd /home'],
  ['mkdir -p /srv/a/b && touch /srv/a/f && ln -s f /srv/a/l && mkfifo /srv/a/p && chown -R app:staff /srv/a'],
  ['chown -h 7:8 /srv/a/l && touch -h -d @1000000000 /srv/a/l && ls -ln /srv/a'],
  ['cp /bin/busybox /srv/suid && chown 1000 /srv/suid && chmod 6755 /srv/suid && cp -p /srv/suid /srv/kept'],
  ['chown 0:50 /srv/suid && stat -c "%a %u %g" /srv/suid /srv/kept'],
  ['chmod 2775 /srv/a && touch /srv/a/inherits && mkdir /srv/a/inherits-too && ls -ln /srv/a'],
  ['cp -a /srv/a /srv/copied && mv /srv/copied /srv/moved && ls -ln /srv/moved'],
  [
    'cd /srv && tar cf /tmp/a.tar a && mkdir out && tar xpf /tmp/a.tar -C out && rm /tmp/a.tar && ls -ln out/a',
  ],
  ['ln /srv/a/f /srv/hard && chown 9:9 /srv/hard && stat -c "%u %g %h" /srv/a/f'],
  ['su app -c "id; mkdir ~/made; echo x > ~/made/f; ln -s f ~/made/l; ls -ln ~/made"'],
  [
    'id; touch mine; mkdir -p d/e; ln -s mine soft; ln mine hard; ls -ln',
    { uid: 1000, gid: 1000, groups: [1000, 50], cwd: '/home/app' },
  ],
  [
    'touch /etc/refused || echo refused; mkdir /refused || echo refused; chown 0 mine || echo refused',
    { uid: 1000, gid: 1000, cwd: '/home/app' },
  ],
  [
    'for c in "rm /etc/passwd" "mv /opt/plain /tmp" "mv mine /opt" "chmod 777 /opt/plain" "ln mine /opt/l" "rmdir /opt/owned"; do $c 2>&1 || echo refused; done',
    { uid: 1000, gid: 1000, cwd: '/home/app' },
  ],
  [
    'echo x >> /etc/passwd || echo refused; truncate -s 0 /etc/group || echo refused; touch /tmp/t && rm /tmp/t && rm /tmp/roots || echo refused; echo y >> mine && chmod 600 mine && mv mine other && mv other mine && rm -r d',
    { uid: 1000, gid: 1000, cwd: '/home/app' },
  ],
  [
    'chgrp staff mine && stat -c "%u %g" mine',
    { uid: 1000, gid: 1000, groups: [1000, 50], cwd: '/home/app' },
  ],
  [
    'chown 3:4 /opt/cat && mv /opt/plain /opt/other && cp /opt/kept-cat /opt/copied-cat; chmod 700 /opt/owned',
  ],
  ['rm -r /srv/moved && chown root:root /srv/a/f && umask 077 && touch /srv/private && ls -ln /srv'],
  ['setuidgid app sh -c "id; touch /tmp/by-setuidgid" && chown 65535:65535 /tmp/by-setuidgid'],
  ...(process.getuid?.() === 0 ? OF_ROOT : []),
];

const first: LayerEntry[] = [
  file('tmp/roots', 'r'),
  dir('opt'),
  file('opt/plain', 'p', { uid: 5, gid: 6, mode: 0o640 }),
  dir('opt/owned', { uid: 5, gid: 6 }),
  file('opt/owned/inner', 'i', { uid: 6, gid: 5 }),
  hostFile('opt/cat', '/bin/busybox', { xattrs: { 'security.capability': CAPABILITY as never } }),
  hostFile('opt/kept-cat', '/bin/busybox', { xattrs: { 'security.capability': CAPABILITY as never } }),
];

async function openOn(rung: Rung): Promise<World> {
  return openWorld({
    name: rung.name,
    // What all of them have.
    defaults: { network: 'host' },
    open: (paths) => openWorkerSandbox({ rung, paths, signal: new AbortController().signal }),
  });
}

/** Without what differs from run to run. */
function comparable(entry: LayerEntry): unknown {
  if (entry.kind !== 'node') return entry;
  const { mtime: _, mtimeNsec: __, content: ___, ...node } = entry.node;
  return { ...entry, node };
}

function withoutTimes(text: string): string {
  return text.replaceAll(/ [A-Z][a-z]{2} +\d+ [\d:]+ /g, ' ').replaceAll(/^total \d+$/gm, '');
}

/** Each beside `userns`, with what it needs of the machine. */
const OTHERS = [
  { rung: usernsSingleRung, need: 'subuid' },
  { rung: chrootRung, need: 'root' },
] as const;

for (const { rung, need } of OTHERS)
  testNeeding(
    'sandbox',
    'busybox',
    need,
  )(`every step gives equal output and an equal layer on userns and ${rung.name}`, (t) => compare(t, rung));

async function compare(t: ExecutionContext, other: Rung): Promise<void> {
  const worlds = await Promise.all([usernsRung, other].map(openOn));
  try {
    const layers: StoredLayer[][] = await Promise.all(worlds.map((world) => world.on(first)));
    for (const [text, overrides] of STEPS) {
      // In a copy, a write through one of several names shows under all of them: docs/divergences.md.
      const command = other === chrootRung ? text.replace('ln mine hard; ', '') : text;
      const [exact, recorded] = await Promise.all(
        worlds.map((world, i) => world.run(command, { ...overrides, layers: layers[i]! })),
      );
      t.is(withoutTimes(recorded!.stdout), withoutTimes(exact!.stdout), command);
      t.is(recorded!.stderr, exact!.stderr, command);
      t.is(recorded!.exitCode, exact!.exitCode, command);
      t.deepEqual(recorded!.entries.map(comparable), exact!.entries.map(comparable), command);
      for (const [i, { layer }] of [exact!, recorded!].entries()) if (layer) layers[i]!.push(layer);
    }
  } finally {
    await Promise.all(worlds.map((world) => world.close()));
  }
}
