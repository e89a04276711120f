// Ids beyond the 65536 that a range of subordinate ids has as a rule.
import type { MountSpec } from '../../src/worker/sandbox.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import { dir, file, symlink } from '../support/sandbox-rootfs.js';
import { failureCode, lines, type SuiteContext } from './sandbox-suite-context.js';

/** `path uid:gid` of what a step changed. */
function owners(entries: readonly LayerEntry[]): string[] {
  return entries.flatMap((entry) =>
    entry.kind === 'node' && entry.node.type !== 'dir'
      ? [`${entry.path} ${entry.node.uid}:${entry.node.gid}`]
      : [],
  );
}

const secret = (uid: number): MountSpec => ({
  type: 'secret',
  target: '/run/secrets/token',
  data: Buffer.from('s'),
  mode: 0o400,
  uid,
  gid: uid,
});

const cache = (uid: number): MountSpec => ({
  type: 'cache',
  target: '/cache',
  id: `of ${uid}`,
  sharing: 'shared',
  isReadonly: false,
  mode: 0o755,
  uid,
  gid: 0,
  isReset: false,
});

export function idRows({ check, driver }: SuiteContext): void {
  const hasAll = process.getuid?.() === 0 || driver.name === 'userns-single';
  if (hasAll) rowsOfAll(check);
  else rowsOfRange(check);
}

function rowsOfAll(check: SuiteContext['check']): void {
  check('every id that a base has, or a command gives, is in the layer', async (t, w) => {
    const layers = await w.on([
      dir('srv', { uid: 606_400_022, gid: 606_400_022 }),
      file('srv/f', 'f', { uid: 606_400_022, gid: 606_400_023 }),
      symlink('srv/l', 'f'),
    ]);
    const { stdout, entries } = await w.run(
      [
        'stat -c "%u %g" /srv /srv/f',
        'cd /srv; touch a b c d; chown 1000055:1000001 a; chown 70000 b; chown 2147483647:2147483647 c',
        'chown 4294967294 d; ln -s a la; chown -h 1000710000:0 la; stat -c "%u %g" a b c d la; echo x >> f',
      ].join('; '),
      { layers },
    );
    t.deepEqual(lines(stdout), [
      '606400022 606400022',
      '606400022 606400023',
      '1000055 1000001',
      '70000 0',
      '2147483647 2147483647',
      '4294967294 0',
      '1000710000 0',
    ]);
    t.deepEqual(owners(entries), [
      'srv/a 1000055:1000001',
      'srv/b 70000:0',
      'srv/c 2147483647:2147483647',
      'srv/d 4294967294:0',
      'srv/f 606400022:606400023',
      'srv/la 1000710000:0',
    ]);
  });

  check('a step can be any user, in any group, and mounts can be his', async (t, w) => {
    const { stdout, entries } = await w.run(
      'id -u; id -g; id -G; cat /run/secrets/token; echo; touch /tmp/mine /cache/mine; stat -c "%u %g" /cache /cache/mine',
      {
        uid: 1_000_710_000,
        gid: 70_000,
        groups: [70_000, 80_000],
        mounts: [secret(1_000_710_000), cache(1_000_710_000)],
      },
    );
    t.deepEqual(lines(stdout), [
      '1000710000',
      '70000',
      '70000 80000',
      's',
      '1000710000 0',
      '1000710000 70000',
    ]);
    t.deepEqual(owners(entries), ['tmp/mine 1000710000:70000']);
  });
}

function rowsOfRange(check: SuiteContext['check']): void {
  check('an id that the range has not is named with what has it, and a command gets a hint', async (t, w) => {
    const refusal = (what: string) => ({
      code: 'SANDBOX_NO_SUBUID' as const,
      message: `${what}, and a process has the ids 0 to 65535 on this machine`,
    });
    const layers = await w.on([file('srv/f', 'f', { uid: 606_400_022 })]);
    t.deepEqual(
      await failureCode(w.run('true', { layers })),
      refusal('/srv/f of the image belongs to user 606400022'),
    );
    t.deepEqual(
      await failureCode(w.run('true', { uid: 1_000_710_000 })),
      refusal('the user of this process is user 1000710000'),
    );
    t.deepEqual(
      await failureCode(w.run('true', { mounts: [secret(70_000)] })),
      refusal('the mount on /run/secrets/token belongs to user 70000'),
    );
    const { exitCode, hint = '' } = await w.run('chown 1000055 /etc/passwd');
    t.not(exitCode, 0);
    t.regex(hint, /id 1000055: a process has the ids 0 to 65535 .*\/etc\/subuid/);
  });
}
