// System calls that no shell makes, in one table: each gives the same result and leaves the same layer on the rung with
// subordinate ids and on the one that records owners. Programs of x86-64 and of its 32-bit mode.
import type { ExecutionContext } from 'ava';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { usernsSingleRung } from '../../src/worker/front/userns-single-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import type { Rung } from '../../src/worker/front/rung.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import { testNeeding } from '../support/requirements.js';
import { dir, program } from '../support/sandbox-rootfs.js';
import { openWorld, type World } from '../support/sandbox-world.js';
import { cString, syscallProgram, type Argument, type Call } from '../support/syscall-program.js';

const [O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_PATH] = [1, 2, 0o100, 0o200, 0o1000, 0o10000000];
const [AT_FDCWD, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW] = [-100, 0x1000, 0x100];
const FIFO = 0o010644;

/** By x86-64 number; texts become paths. */
const call =
  (number: number) =>
  (...args: readonly (Argument | string)[]): Call => ({
    number,
    args: args.map((arg) => (typeof arg === 'string' ? cString(arg) : arg)),
  });
const [open, access, chdir, truncate, rename, mkdir, rmdir, creat, link, unlink, symlink, chmod, chown] = [
  2, 21, 80, 76, 82, 83, 84, 85, 86, 87, 88, 90, 92,
].map(call) as Calls13;
type Made = ReturnType<typeof call>;
type Calls13 = [Made, Made, Made, Made, Made, Made, Made, Made, Made, Made, Made, Made, Made];
const [fchown, lchown, setuid, utime, mknod, setxattr, removexattr] = [93, 94, 105, 132, 133, 188, 197].map(
  call,
) as [Made, Made, Made, Made, Made, Made, Made];
const [utimes, openat, mkdirat, fchownat, futimesat, fchmodat, utimensat, execve] = [
  235, 257, 258, 260, 261, 268, 280, 59,
].map(call) as [Made, Made, Made, Made, Made, Made, Made, Made];

/** By i386 number, as a 32-bit program. */
const old =
  (number: number) =>
  (...args: readonly (Argument | string)[]): Call => ({ ...call(number)(...args), isCompatibility: true });

const first = { resultOf: 0 };
const mayFail = (it: Call): Call => ({ ...it, mayFail: true });
const words = (...values: readonly number[]): Buffer =>
  Buffer.from(BigInt64Array.from(values, BigInt).buffer);
const narrow = (...values: readonly number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);
const short = (...values: readonly number[]): Buffer => Buffer.from(Uint16Array.from(values).buffer);

/**
 * What a program does in a directory `d` of its own with `f` (a file), `p` (a FIFO of 30:31), `l` (a link to f), `n` (a
 * link to nothing), `s` (a directory with the set-group-id bit, of group 50).
 */
type Row = (d: string) => readonly Call[];

/** Ways to a file that mean another object to each process; descriptor 3 is the file. */
const WAYS: Readonly<Record<string, (path: string) => string>> = {
  'proc/self/fd': () => '/proc/self/fd/3',
  'proc/thread-self/fd': () => '/proc/thread-self/fd/3',
  'dev/fd': () => '/dev/fd/3',
  'proc/self/root': (path) => `/proc/self/root${path}`,
  'proc/self/cwd': (path) => `/proc/self/cwd${path}`,
  'proc//self': (path) => `//proc//self/root${path}`,
  'dots out of proc': (path) => `/proc/self/../..${path}`,
  'dots out of dev': (path) => `/dev/..${path}`,
  'task of proc': (path) => `/proc/self/task/../root${path}`,
};

const byWays = (make: (way: string, d: string) => readonly Call[]): Record<string, Row> =>
  Object.fromEntries(
    Object.entries(WAYS).map(([name, way]) => [
      name,
      (d: string) => [open(`${d}/f`, 0, 0), ...make(way(`${d}/f`), d)],
    ]),
  );
const named = (prefix: string, rows: Record<string, Row>): Record<string, Row> =>
  Object.fromEntries(Object.entries(rows).map(([name, row]) => [`${prefix}: ${name}`, row]));

const AS_ROOT: Readonly<Record<string, Row>> = {
  ...named(
    'chown',
    byWays((way) => [chown(way, 11, 12)]),
  ),
  ...named(
    'lchown',
    byWays((way) => [lchown(way, 11, 12)]),
  ),
  ...named(
    'chmod',
    byWays((way) => [chmod(way, 0o4711)]),
  ),
  'chown of nothing': (d) => [chown(`${d}/none`, 1, 1)],
  'chown of nothing in proc': () => [chown('/proc/self/fd/77', 1, 1)],
  'chown below a cwd in proc': (d) => [chdir('/proc/self'), chown(`root${d}/f`, 15, 16)],
  'chown of a link to a descriptor': (d) => [
    open(`${d}/f`, 0, 0),
    symlink('/proc/self/fd/3', `${d}/way`),
    chown(`${d}/way`, 17, 18),
  ],
  'fchownat of a path descriptor': (d) => [
    open(`${d}/f`, O_PATH, 0),
    fchownat(first, '', 17, 18, AT_EMPTY_PATH),
  ],
  'fchown of a path descriptor': (d) => [open(`${d}/f`, O_PATH, 0), fchown(first, 17, 18)],
  'fchownat in a directory': (d) => [open(d, 0, 0), fchownat(first, 'f', 3, -1, 0)],
  'fchownat of a link': (d) => [fchownat(AT_FDCWD, `${d}/l`, 3, 4, AT_SYMLINK_NOFOLLOW)],
  'chown keeps an id': (d) => [chown(`${d}/p`, -1, 7)],
  'creat in a set-group-id directory': (d) => [creat(`/proc/self/root${d}/s/new`, 0o644)],
  'mkdir in a set-group-id directory': (d) => [mkdir(`/proc/self/root${d}/s/new`, 0o755)],
  'mknod in a set-group-id directory': (d) => [mknod(`/proc/self/root${d}/s/new`, FIFO, 0)],
  'symlink in a set-group-id directory': (d) => [symlink('x', `/proc/self/root${d}/s/new`)],
  'open through a link to nothing': (d) => [setuid(0), open(`${d}/n`, O_CREAT | O_WRONLY, 0o600)],
  'utime of a FIFO': (d) => [utime(`${d}/p`, words(1000, 2000))],
  'utime of a FIFO, now': (d) => [utime(`${d}/p`, 0)],
  'utimes of a FIFO': (d) => [utimes(`${d}/p`, words(1000, 1, 2000, 2))],
  'futimesat of a FIFO': (d) => [open(d, 0, 0), futimesat(first, 'p', words(1000, 1, 2000, 2))],
  'utimensat of a FIFO': (d) => [utimensat(AT_FDCWD, `${d}/p`, words(1000, 1, 3000, 5), 0)],
  'utimensat of a FIFO by its link in proc': (d) => [
    open(`${d}/p`, O_RDWR, 0),
    utimensat(AT_FDCWD, '/proc/self/fd/3', words(1000, 1, 3000, 5), 0),
  ],
  'futimens of a FIFO': (d) => [open(`${d}/p`, O_RDWR, 0), utimensat(first, 0, words(1000, 1, 4000, 5), 0)],
  'utimensat of a FIFO that leaves a time': (d) => [
    utimensat(AT_FDCWD, `${d}/p`, words(0, 0x3ffffffe, 3000, 5), 0),
  ],
  'a time that looks like an owner': (d) => [
    mknod(`${d}/q`, FIFO, 0),
    utimensat(AT_FDCWD, `${d}/q`, words(0x7ffe0007, 0x2000009a, 4000, 0), 0),
  ],
  'rename keeps the owner of a FIFO': (d) => [rename(`${d}/p`, `${d}/r`), link(`${d}/r`, `${d}/h`)],
  'i386 chown': (d) => [old(182)(`${d}/f`, 5, 6)],
  'i386 chown of 16 bits': (d) => [chown(`${d}/f`, 7, 8), old(182)(`${d}/f`, 0xffff, 9)],
  'i386 chown32': (d) => [old(212)(`${d}/f`, 7, 8)],
  'i386 lchown': (d) => [old(16)(`${d}/l`, 5, 6)],
  'i386 lchown32 by proc': (d) => [old(198)(`/proc/self/root${d}/l`, 5, 6)],
  'i386 fchown': (d) => [old(5)(`${d}/f`, 0), old(95)(3, 5, 6)],
  'i386 setuid': (d) => [old(23)(1000), old(8)(`${d}/new`, 0o644)],
  'i386 setuid makes what is the user’s': (d) => [chmod(d, 0o777), old(23)(1000), creat(`${d}/new`, 0o644)],
  'i386 setgid': (d) => [old(46)(50), creat(`${d}/new`, 0o644)],
  'i386 setreuid': (d) => [chmod(d, 0o777), old(70)(0xffff, 1000), creat(`${d}/new`, 0o644)],
  'i386 setresuid': (d) => [chmod(d, 0o777), old(164)(1, 1000, 2), creat(`${d}/new`, 0o644)],
  'i386 setgroups': (d) => [
    old(81)(2, short(50, 60)),
    setuid(1000),
    // Whoever is of the group may write.
    creat(`${d}/s/new`, 0o644),
  ],
  'i386 getgroups': () => [old(81)(3, short(50, 60, 70)), old(80)(2, short(0, 0))],
  'i386 getresuid': () => [old(164)(1, 2, 3), old(165)(short(0), short(0), short(0))],
  'i386 utime of a FIFO': (d) => [old(30)(`${d}/p`, narrow(1000, 2000))],
  'i386 utimes of a FIFO': (d) => [old(271)(`${d}/p`, narrow(1000, 1, 2000, 2))],
};

/**
 * Of root in /r: `f` (0644), `secret` (0600), `t` (a sticky directory with `f`), `suid` (a set-id program), `no` (the
 * same, and no program).
 */
const AS_USER: Readonly<Record<string, Row>> = Object.fromEntries(
  [
    ['/proc/self/root', ''],
    ['//proc//self/root', ''],
    ['', ''],
    ['/proc/self/cwd/../..', ' of a cwd'],
  ].flatMap(([way = '', suffix = '']) => {
    const at = (path: string): string => `${way}${path}`;
    const into = suffix === '' ? [] : [chdir('/home')];
    const rows: Record<string, (d: string) => readonly Call[]> = {
      'write root’s file': () => [open(at('/r/f'), O_WRONLY, 0)],
      'truncate root’s file by open': () => [open(at('/r/f'), O_TRUNC, 0)],
      'truncate root’s file': () => [truncate(at('/r/f'), 0)],
      'read root’s secret': () => [open(at('/r/secret'), 0, 0)],
      'ask for root’s secret': () => [access(at('/r/secret'), 4)],
      'make a file of root’s': () => [open(at('/r/new'), O_CREAT | O_WRONLY, 0o644)],
      'make a directory of root’s': () => [mkdir(at('/r/new-dir'), 0o755)],
      'make a FIFO of root’s': () => [mknod(at('/r/new-fifo'), FIFO, 0)],
      'make a link of root’s': () => [symlink('x', at('/r/new-link'))],
      'remove root’s file': () => [unlink(at('/r/f'))],
      'remove root’s directory': () => [rmdir(at('/r/t'))],
      'move root’s file': () => [rename(at('/r/f'), at('/r/moved'))],
      'steal from a sticky directory': (d) => [rename(at('/r/t/f'), at(`${d}/stolen`))],
      'change the mode of root’s file': () => [chmod(at('/r/f'), 0o777)],
      'change the mode at a directory': () => [fchmodat(AT_FDCWD, at('/r/f'), 0o777)],
      'give root’s file away': () => [chown(at('/r/f'), 1000, 1000)],
      'set times of root’s file': () => [utimes(at('/r/f'), words(1, 1, 1, 1))],
      'set an attribute of root’s file': () => [setxattr(at('/r/f'), 'user.x', 'y', 1, 0)],
      'remove an attribute of root’s file': () => [removexattr(at('/r/f'), 'user.kept')],
      'open only the path, with O_CREAT': () => [
        open(at('/r/t/f'), O_CREAT | O_PATH, 0o644),
        fchown(3, 0, 0),
      ],
      'make one’s own': (d) => [open(at(`${d}/mine`), O_CREAT | O_EXCL | O_WRONLY, 0o640)],
      'make one’s own directory': (d) => [mkdir(at(`${d}/mine-dir`), 0o711)],
      'through a link to nothing': (d) => [open(at(`${d}/n`), O_CREAT | O_WRONLY, 0o600)],
    };
    return Object.entries(rows).map(([name, row]) => [`${way} ${name}`, (d: string) => [...into, ...row(d)]]);
  }),
);

const MORE_AS_USER: Readonly<Record<string, Row>> = {
  'write again what is open for reading': () => [open('/r/f', 0, 0), open('/proc/self/fd/3', O_WRONLY, 0)],
  'write again by dev': () => [open('/r/f', 0, 0), open('/dev/fd/3', O_RDWR, 0)],
  'make below an open directory': () => [open('/r', 0, 0), openat(first, 'new', O_CREAT | O_WRONLY, 0o644)],
  'make below a directory of proc': () => [open('/r', 0, 0), mkdir('/proc/self/fd/3/new', 0o755)],
  'mkdirat in one’s own': (d) => [open(d, 0, 0), mkdirat(first, 'made', 0o755)],
  'a set-id program that cannot be started: no memory': () => [
    mayFail(execve('/r/suid', 1, 0)),
    open('/r/new', O_CREAT | O_WRONLY, 0o644),
  ],
  'a set-id program that cannot be started: no program': () => [
    mayFail(execve('/r/no', 0, 0)),
    open('/r/new', O_CREAT | O_WRONLY, 0o644),
  ],
  'to be root after a set-id program that failed': () => [mayFail(execve('/r/suid', 1, 0)), setuid(0)],
  'a set-id program': () => [execve('/r/suid', 0, 0)],
  'a program that is not for others': () => [execve('/r/private', 0, 0)],
  'i386 chown of root’s file': () => [old(182)('/r/f', 1000, 1000)],
  'give a device of the host away': () => [chown('/dev/null', 1000, 1000)],
  'i386 setuid of 0': () => [old(23)(0)],
};

const ROWS = { root: AS_ROOT, user: { ...AS_USER, ...MORE_AS_USER } };
type Who = keyof typeof ROWS;

/** Exits with 77 when it may make a file of root's. */
const SET_ID = syscallProgram([open('/r/by-set-id', O_CREAT | O_WRONLY, 0o644), call(231)(77)]);

const BASE: readonly LayerEntry[] = [
  dir('r'),
  program('r/suid', SET_ID, { mode: 0o4755 }),
  program('r/no', Buffer.from('\x7fELFnothing'), { mode: 0o4755 }),
  program('r/private', SET_ID, { mode: 0o700 }),
  dir('calls'),
  ...(Object.keys(ROWS) as Who[]).flatMap((who) => [
    dir(`calls/${who}`),
    ...Object.values(ROWS[who]).map((row, i) =>
      program(`calls/${who}/${i}`, syscallProgram(row(`/w/${who}/${i}`))),
    ),
  ]),
];

const count = (who: Who): number => Object.keys(ROWS[who]).length;
const places = (who: Who, owner: string): string =>
  `for i in $(seq 0 ${count(who) - 1}); do d=/w/${who}/$i; mkdir -p $d/s; chown 0:50 $d/s; chmod 2775 $d/s; echo x > $d/f; mkfifo $d/p; chown 30:31 $d/p; ln -s f $d/l; ln -s made $d/n; chown ${owner} $d; done`;
const PREPARE = [
  'mkdir -p /r/t /home; chmod 1777 /r/t; echo x > /r/f; echo x > /r/t/f; echo x > /r/secret; chmod 600 /r/secret',
  places('root', '0:0'),
  places('user', '1000:1000'),
].join('; ');
const callsOf = (who: Who): string =>
  `for i in $(seq 0 ${count(who) - 1}); do /calls/${who}/$i 2>/dev/null; echo $?; done`;

async function openOn(rung: Rung): Promise<World> {
  return openWorld({
    name: rung.name,
    open: (paths) => openWorkerSandbox({ rung, paths, signal: new AbortController().signal }),
  });
}

/** Statuses by row, and what the step left. */
async function measure(world: World, who: Who) {
  const base = await world.on(BASE);
  const prepared = await world.run(PREPARE, { layers: base });
  const layers = [...base, prepared.layer!];
  const ids = who === 'root' ? {} : { uid: 1000, gid: 1000 };
  const { stdout, entries } = await world.run(callsOf(who), { layers, ...ids });
  const statuses = stdout.trim().split('\n');
  const rows = Object.keys(ROWS[who]).map((name, i) => [name, statuses[i]]);
  return { rows, entries: entries.map(comparable) };
}

/** Without times that are those of the run, and with names instead of numbers of rows. */
function comparable(entry: LayerEntry): unknown {
  const [, who = '', row = ''] = /^w\/(root|user)\/(\d+)/.exec(entry.path) ?? [];
  const title = who === '' ? '' : Object.keys(ROWS[who as Who])[Number(row)];
  if (entry.kind !== 'node') return [title, entry];
  const { mtime, mtimeNsec: _, content: __, ...node } = entry.node;
  return [title, { ...entry, node: { ...node, ...(mtime < 10_000 && { mtime }) } }];
}

async function compare(t: ExecutionContext): Promise<void> {
  const worlds = await Promise.all([usernsRung, usernsSingleRung].map(openOn));
  try {
    for (const who of ['root', 'user'] as const) {
      const [exact, recorded] = await Promise.all(worlds.map((world) => measure(world, who)));
      t.deepEqual(recorded!.rows, exact!.rows, who);
      t.deepEqual(recorded!.entries, exact!.entries, who);
      t.log(`${who}: ${count(who)} calls compared`);
      if (who === 'root') t.deepEqual(exact!.rows[0], ['chown: proc/self/fd', '0']);
      else t.deepEqual(exact!.rows[0], ['/proc/self/root write root’s file', '13']);
    }
  } finally {
    await Promise.all(worlds.map((world) => world.close()));
  }
}

const title = 'every call of the table gives an equal result and an equal layer on userns and userns-single';
if (process.arch === 'x64') testNeeding('sandbox', 'busybox', 'subuid')(title, compare);
