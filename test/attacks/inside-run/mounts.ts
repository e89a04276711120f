// What the mounts of a step could leave behind or lead to: secrets, writable binds, mount points in paths that the
// image or the step has turned into links.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import type { Inside, InsideAttack } from '../../support/inside-run.js';
import { symlink } from '../../support/sandbox-rootfs.js';
import type { RunOptions, World } from '../../support/sandbox-world.js';

const EMPTY = new Uint8Array();
const SECRET = Buffer.from('planted-secret-of-a-step');
const OWNER = { mode: 0o400, uid: 0, gid: 0 };

const STATIC_PROC: InsideAttack['notOn'] = {
  chroot: '/proc and /sys are plain directories there: what is written stays in them',
};

function storeHas(world: World, bytes: Buffer): boolean {
  return readdirSync(world.store.paths.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(bytes));
}

/** The output of a step that may be refused instead. */
async function outputOf(
  { run }: Inside,
  command: string,
  options: RunOptions,
): Promise<{ readonly stdout: string; readonly isRefused: boolean }> {
  try {
    return { stdout: (await run(command, options)).stdout, isRefused: false };
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code === 'INTERNAL') throw error;
    return { stdout: '', isRefused: true };
  }
}

/** An image in which a path that the sandbox mounts over is a link. */
function linkedPath(ids: string, path: string, link: (outside: string) => string): InsideAttack {
  return {
    ids,
    title: `/${path} of the image is a link to ${link('OUTSIDE')}`,
    async attempt(t: ExecutionContext, inside: Inside) {
      const layers = await inside.world.on([symlink(path, link(inside.outside))]);
      const { stdout } = await outputOf(
        inside,
        `cat /${path} /${path}/secret 2>/dev/null; (echo x > /${path}) 2>/dev/null; (echo x > /${path}/secret) 2>/dev/null; true`,
        { layers },
      );
      t.notRegex(stdout, /planted-/);
    },
  };
}

export const mountAttacks: readonly InsideAttack[] = [
  {
    ids: 'secrets',
    title: 'nothing of a secret is left after its step',
    async attempt(t, { run, world }) {
      const { stdout, changes } = await run('cat /run/secrets/s; cp /run/secrets/s /dev/shm/copy', {
        mounts: [{ type: 'secret', target: '/run/secrets/s', data: SECRET, ...OWNER }],
      });
      t.is(stdout, SECRET.toString());
      t.false(changes.some((change) => change.includes('secrets/s')));
      t.false(storeHas(world, SECRET));
      const later = await run('cat /run/secrets/s /dev/shm/copy 2>&1; ls -a /run/secrets 2>&1; true');
      t.notRegex(later.stdout, /planted-/);
    },
  },
  {
    ids: 'CVE-2025-4953',
    title: 'writes to a writable bind are gone with its step',
    async attempt(t, { run, world }) {
      const source = { layers: [world.base], subpath: '/etc' };
      const mounts = [{ type: 'bind', target: '/m', source, isReadonly: false }] as const;
      const { changes } = await run(
        'echo x > /m/passwd; echo x > /m/new; chmod 777 /m; rm /m/group; ln -s / /m/up',
        { mounts },
      );
      t.deepEqual(
        changes.filter((change) => /passwd|new|group|up/.test(change)),
        [],
      );
      const { stdout } = await run('cat /m/passwd /etc/passwd | grep -c ^root; ls -a /m; stat -c %a /m', {
        mounts,
      });
      t.is(stdout, '2\n.\n..\ngroup\npasswd\n755\n');
    },
  },
  {
    ids: 'CVE-2024-23652',
    title: 'removing the mount points that were made does not follow what the step put in their place',
    async attempt(t, inside) {
      const { outside, world } = inside;
      const mounts = [
        { type: 'tmpfs', target: '/a/folder' },
        { type: 'secret', target: '/b/empty', data: EMPTY, ...OWNER },
        { type: 'tmpfs', target: '/c/d/e' },
      ] as const;
      await outputOf(
        inside,
        `for d in a b c; do mv /$d /old-$d; rm -rf /$d; ln -s ${outside} /$d; done; ` +
          `umount /a/folder /b/empty; rm -rf /c; ln -s ../../../../../..${outside} /c; ln -s ${outside} ${outside}/d; true`,
        { mounts },
      );
      t.true(world.store.hasIndex(world.base.diffId));
    },
  },
  {
    ids: 'CVE-2024-23652',
    title: 'the folders of a mount point may be swapped while the step runs',
    async attempt(t, inside) {
      const { outside } = inside;
      const { stdout } = await outputOf(
        inside,
        `mkdir /x; mv /stub /gone 2>/dev/null; ln -s ${outside} /stub 2>/dev/null; ls /stub/ | grep secret; true`,
        { mounts: [{ type: 'tmpfs', target: '/stub/folder' }] },
      );
      t.is(stdout, '');
    },
  },
  linkedPath('CVE-2025-31133', 'dev/null', () => '/proc/sys/kernel/core_pattern'),
  linkedPath('CVE-2025-52565', 'dev/console', (outside) => `${outside}/secret`),
  linkedPath('CVE-2025-31133', 'dev', (outside) => outside),
  linkedPath('CVE-2019-19921', 'proc', (outside) => outside),
  linkedPath('CVE-2019-19921', 'sys', (outside) => outside),
  linkedPath('CVE-2014-9357', 'etc/resolv.conf', (outside) => `${outside}/secret`),
  linkedPath('CVE-2014-9357', 'etc/hosts', (outside) => `../../../../../../..${outside}/secret`),
  linkedPath('CVE-2021-30465', 'tmp', (outside) => outside),
  {
    ids: 'CVE-2025-52881',
    title: 'a /proc that the image turned into a link to another directory is masked all the same',
    notOn: STATIC_PROC,
    async attempt(t, inside) {
      const layers = await inside.world.on([symlink('proc', 'var')]);
      const { stdout, isRefused } = await outputOf(
        inside,
        'for d in /proc /var; do (echo h > $d/sysrq-trigger) 2>/dev/null && [ -e $d/self ] && echo written; head -c1 $d/kcore; done; true',
        { layers },
      );
      t.true(isRefused || stdout === '', stdout);
    },
  },
];
