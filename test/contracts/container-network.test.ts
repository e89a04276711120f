// Networks of containers as the kernel and the tools make them: bridges and published ports, as root and as an ordinary
// user.
import type { ExecutionContext } from 'ava';
import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { findOrdinaryUser } from '../support/ordinary-user.js';
import { projectRoot } from '../support/project-root.js';
import { testNeeding } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';

interface Options {
  readonly isOrdinary?: boolean;
}

function rig<T>(t: ExecutionContext, scenario: string, { isOrdinary = false }: Options = {}): T {
  const user = isOrdinary ? findOrdinaryUser() : undefined;
  const folder = tempDir(t);
  if (user) chownSync(folder, user.uid, user.gid);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [`${projectRoot}/build/test/support/network-rig.js`, scenario],
    {
      encoding: 'utf8',
      timeout: 120_000,
      ...(user && { uid: user.uid, gid: user.gid }),
      cwd: '/',
      env: { ...process.env, TMPDIR: folder },
    },
  );
  if (status !== 0) throw new Error(`${scenario}: ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

interface Bridge {
  readonly addresses: string;
  readonly routes: string;
  readonly answer: string;
  readonly lowestPort: string;
  readonly afterHolder: string;
  readonly afterLeaving: number;
  readonly members: number;
  readonly isHolderGone: boolean;
}

for (const [who, isOrdinary] of [
  ['root', false],
  ['an ordinary user', true],
] as const)
  testNeeding('sandbox', isOrdinary ? 'subuid' : 'root')(
    `bridge as ${who}: members reach each other, also after its holder was killed; the last one ends it`,
    (t) => {
      const found = rig<Bridge>(t, 'bridge', { isOrdinary });
      t.regex(found.addresses, /eth0 +inet 172\.31\.250\.2\/24 brd 172\.31\.250\.255/);
      t.is(found.routes.trim(), '172.31.250.0/24 dev eth0 proto kernel scope link src 172.31.250.2');
      t.is(found.answer, '::ffff:172.31.250.2');
      t.is(found.lowestPort, '0');
      t.is(found.afterHolder, '::ffff:172.31.250.4');
      t.is(found.afterLeaving, 1, 'only lo is left');
      t.is(found.members, 2);
      t.true(found.isHolderGone);
    },
  );

interface Published {
  readonly answers: Readonly<Record<'loopback' | 'address' | 'narrow' | 'elsewhere', string>>;
  readonly hostAddress: string;
  readonly interfaces: string;
  readonly route: string;
  readonly isChild: boolean;
  readonly isGone: boolean;
}

const publishing = testNeeding('sandbox', 'tun', 'root');

publishing('pasta: published ports keep the address of the client, and it ends with the monitor', (t) => {
  const { answers, hostAddress, ...found } = rig<Published>(t, 'pasta');
  t.is(answers.loopback, '::ffff:127.0.0.1');
  t.is(answers.address, `::ffff:${hostAddress}`);
  t.is(answers.narrow, '::ffff:127.0.0.1');
  t.regex(answers.elsewhere, /ECONNREFUSED/);
  t.regex(found.interfaces, /eth0 +inet 172\.17\.\d+\.\d+\/16/);
  t.is(found.route.trim(), 'default via 172.17.0.1 dev eth0');
  t.true(found.isChild);
  t.true(found.isGone);
});

publishing('slirp4netns: published ports lead into the container, and it ends with the monitor', (t) => {
  const { answers, ...found } = rig<Published>(t, 'slirp4netns');
  t.regex(answers.loopback, /^::ffff:172\.17\.0\.\d+$/);
  t.regex(answers.narrow, /^::ffff:172\.17\.0\.\d+$/);
  t.regex(answers.elsewhere, /ECONNREFUSED/);
  t.is(found.route.trim(), 'default via 172.17.0.2 dev eth0');
  t.true(found.isChild);
  t.true(found.isGone);
});

publishing('a port that is taken is named; of a range the first free one is taken', (t) => {
  const { port, refusal, isNext } = rig<{ port: number; refusal: string; isNext: boolean }>(t, 'taken');
  t.is(refusal, `TsbuildError: Bind for 0.0.0.0:${port} failed: port is already allocated`);
  t.true(isNext);
});
