import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  lstatSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { fromUtf8 } from '../../../src/core/bytes.js';
import type { HashableFile } from '../../../src/context/hash-file.js';
import { hostRoot } from '../../../src/host/open-directories.js';
import { openDirectoryView } from '../../../src/context/directory-view.js';
import { isSettled, settledAt } from '../../../src/context/file-stamp.js';
import { openStatCache, statCacheFile, type StatCache } from '../../../src/context/stat-cache.js';
import { decodeStatRecords, encodeStatRecords, type StatRecord } from '../../../src/context/stat-records.js';

const HOUR = 3_600_000;
const sha = (data: string): string => createHash('sha256').update(data).digest('hex');

function temporary(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-stat-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function fileAt(path: string): HashableFile {
  const root = hostRoot(fromUtf8(dirname(path)));
  return { root, name: fromUtf8(basename(path)), stamp: lstatSync(path, { bigint: true }) };
}

/** A cache whose clock is an hour ahead, so that everything on disk is settled. */
function openAt(file: string, aheadMs = HOUR): StatCache {
  return openStatCache({ file, now: () => Date.now() + aheadMs });
}

/** Makes the remembered answer visible: the file keeps its stamp while the record says something else. */
function poison(file: string, wrong: string): void {
  const records = decodeStatRecords(new Uint8Array(readFileSync(file)))!;
  const all = Array.from({ length: records.count }, (_, i) => ({
    ...records.at(i),
    sha256: sha(wrong),
  }));
  writeFileSync(file, encodeStatRecords(all, records.savedAtMs));
}

test('a settled file is read once, over processes', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(dir, 'stat', 'x.stat')];
  writeFileSync(f, 'hello');
  const first = openAt(file);
  t.is(first.sha256(fileAt(f)), sha('hello'));
  first.save();
  poison(file, 'remembered');
  t.is(openAt(file).sha256(fileAt(f)), sha('remembered'));
  t.deepEqual(readdirSync(join(dir, 'stat')), ['x.stat'], 'no temporary file is left');
  t.is(statSync(file).mode & 0o777, 0o600);
});

test('any change of the stamp is a miss', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(dir, 'x.stat')];
  writeFileSync(f, 'aaaa');
  const first = openAt(file);
  first.sha256(fileAt(f));
  first.save();
  const { atime, mtime } = statSync(f);
  writeFileSync(f, 'bbbb');
  utimesSync(f, atime, mtime);
  t.is(openAt(file).sha256(fileAt(f)), sha('bbbb'), 'same size and mtime');
  writeFileSync(join(dir, 'new'), 'cccc');
  renameSync(join(dir, 'new'), f);
  t.is(openAt(file).sha256(fileAt(f)), sha('cccc'), 'another inode');
});

test('racy files are hashed but not recorded', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(dir, 'x.stat')];
  writeFileSync(f, 'x');
  const now = Number(lstatSync(f, { bigint: true }).ctimeNs / 1_000_000n);
  const cache = openStatCache({ file, now: () => now });
  t.is(cache.sha256(fileAt(f)), sha('x'));
  cache.save();
  t.throws(() => statSync(file), { code: 'ENOENT' });
});

test('a file changed within a tick of the scan is read again', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(dir, 'x.stat')];
  for (let round = 0; round < 50; round++) {
    for (const content of [`a${round}`, `b${round}`]) {
      writeFileSync(f, content);
      utimesSync(f, 1000, 1000);
      const cache = openAt(file, 0);
      t.is(cache.sha256(fileAt(f)), sha(content));
      cache.save();
    }
  }
});

test('what counts as settled', (t) => {
  const ns = (ms: number): bigint => BigInt(ms) * 1_000_000n;
  const stamp = { dev: 1n, ino: 2n, size: 3n, mtimeNs: ns(1_000_001), ctimeNs: ns(1_000_001) };
  t.false(isSettled(stamp, 1_000_001));
  t.false(isSettled(stamp, 1_000_040));
  t.true(isSettled(stamp, 1_000_100));
  t.false(isSettled(stamp, 500_000), 'from the future');
  t.false(isSettled({ ...stamp, mtimeNs: ns(9_000_000) }, 1_000_100), 'mtime in the future');
  const coarse = { ...stamp, mtimeNs: ns(1_000_000), ctimeNs: ns(1_000_000) };
  t.false(isSettled(coarse, 1_001_500));
  t.true(isSettled(coarse, 1_002_500));
});

test('what counts as settled is the same for many files', (t) => {
  const now = 1_800_000_000_000;
  const ms = fc.oneof(fc.integer({ min: -4000, max: 4000 }), fc.constantFrom(-50, -49, -2000, -2001, 0));
  const time = fc
    .tuple(ms, fc.constantFrom(0n, 1n, 999_999n))
    .map(([at, ns]) => BigInt(now + at) * 1_000_000n + ns);
  fc.assert(
    fc.property(time, time, fc.integer({ min: now, max: now + 5000 }), (mtimeNs, ctimeNs, later) => {
      const stamp = { dev: 1n, ino: 2n, size: 3n, mtimeNs, ctimeNs };
      t.is(settledAt(now)(stamp), isSettled(stamp, now));
      // A test made earlier never calls settled what one made now would not.
      if (settledAt(now)(stamp)) t.true(isSettled(stamp, later));
    }),
  );
});

/** Through the view, as a build sees it: what the node says, else what reading gives. */
function digestInView(
  root: string,
  file: string,
  aheadMs: number,
): { node: string | undefined; sha256: string } {
  const statCache = openAt(file, aheadMs);
  const view = openDirectoryView({ root, statCache });
  const path = fromUtf8('f');
  const node = view.get(path)?.sha256;
  const sha256 = view.sha256(path);
  statCache.save();
  return { node, sha256 };
}

test('a view knows the digest of a settled file, and of no other', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(`${dir}-stat`, 'x.stat')];
  t.teardown(() => rmSync(`${dir}-stat`, { recursive: true, force: true }));
  writeFileSync(f, 'aaaa');
  t.deepEqual(digestInView(dir, file, 0), { node: undefined, sha256: sha('aaaa') });
  t.deepEqual(digestInView(dir, file, 0), { node: undefined, sha256: sha('aaaa') }, 'it was too young');
  t.is(digestInView(dir, file, HOUR).node, undefined);
  t.is(digestInView(dir, file, HOUR).node, sha('aaaa'));
  const { atime, mtime } = statSync(f);
  writeFileSync(f, 'bbbb');
  utimesSync(f, atime, mtime);
  t.deepEqual(digestInView(dir, file, HOUR), { node: undefined, sha256: sha('bbbb') }, 'changed in place');
  writeFileSync(join(dir, 'new'), 'cccc');
  utimesSync(join(dir, 'new'), atime, mtime);
  renameSync(join(dir, 'new'), f);
  t.deepEqual(digestInView(dir, file, HOUR), { node: undefined, sha256: sha('cccc') }, 'another inode');
  t.is(digestInView(dir, file, HOUR).node, sha('cccc'));
});

test('a file from the future is read each time', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(dir, 'x.stat')];
  writeFileSync(f, 'x');
  const late = (Date.now() + 3 * HOUR) / 1000;
  utimesSync(f, late, late);
  for (const aheadMs of [HOUR, -HOUR]) {
    const cache = openAt(file, aheadMs);
    t.is(cache.sha256(fileAt(f)), sha('x'));
    t.is(cache.known(fileAt(f).stamp), undefined);
    cache.save();
    t.throws(() => statSync(file), { code: 'ENOENT' });
  }
});

test('a record that is newer than the file is not of this file', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(dir, 'x.stat')];
  writeFileSync(f, 'x');
  const { stamp } = fileAt(f);
  const wrong = sha('wrong');
  const newer = [
    { ...stamp, ctimeNs: stamp.ctimeNs + 1n },
    { ...stamp, mtimeNs: stamp.mtimeNs + 1n },
  ];
  const records = newer.map((other) => ({ stamp: other, sha256: wrong, idle: 0 }));
  writeFileSync(file, encodeStatRecords(records, Date.now()));
  const cache = openAt(file);
  t.is(cache.known(stamp), undefined);
  t.is(cache.sha256(fileAt(f)), sha('x'));
});

test('a clock that went backwards empties the cache', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(dir, 'x.stat')];
  writeFileSync(f, 'x');
  const first = openAt(file, 2 * HOUR);
  first.sha256(fileAt(f));
  first.save();
  poison(file, 'remembered');
  t.is(openAt(file, HOUR).sha256(fileAt(f)), sha('x'));
});

test('damage of any kind is never trusted and never fails', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(dir, 'x.stat')];
  writeFileSync(f, 'x');
  const first = openAt(file);
  first.sha256(fileAt(f));
  first.save();
  poison(file, 'remembered');
  const good = readFileSync(file);
  for (let at = 0; at < good.length; at++) {
    const bad = Buffer.from(good);
    bad[at]! ^= 1;
    writeFileSync(file, bad);
    t.is(openAt(file).sha256(fileAt(f)), sha('x'), `byte ${at}`);
  }
  for (const size of [0, 1, 79, 80, 81, good.length - 1]) {
    writeFileSync(file, good);
    truncateSync(file, size);
    t.is(openAt(file).sha256(fileAt(f)), sha('x'), `cut to ${size}`);
  }
});

test('entries nobody asks for go away, others stay', (t) => {
  const dir = temporary(t);
  const file = join(dir, 'x.stat');
  const write = (name: string): HashableFile => {
    writeFileSync(join(dir, name), name);
    return fileAt(join(dir, name));
  };
  const [kept, idle] = [write('kept'), write('idle')];
  const first = openAt(file);
  first.sha256(kept);
  first.sha256(idle);
  first.save();
  for (let round = 0; round < 4; round++) {
    const cache = openAt(file);
    cache.sha256(kept);
    cache.sha256(write(`new${round}`));
    cache.save();
  }
  const records = decodeStatRecords(new Uint8Array(readFileSync(file)))!;
  t.not(records.find(kept.stamp), undefined);
  t.is(records.find(idle.stamp), undefined);
});

test('nothing learned, nothing written', (t) => {
  const dir = temporary(t);
  const [f, file] = [join(dir, 'f'), join(dir, 'x.stat')];
  writeFileSync(f, 'x');
  const first = openAt(file);
  first.sha256(fileAt(f));
  first.save();
  const before = statSync(file, { bigint: true });
  const second = openAt(file);
  second.sha256(fileAt(f));
  second.save();
  t.is(statSync(file, { bigint: true }).ino, before.ino);
});

test('the file of a root', (t) => {
  t.not(statCacheFile('/s', '/a'), statCacheFile('/s', '/b'));
  t.regex(statCacheFile('/s', '/a'), /^\/s\/[0-9a-f]{32}\.stat$/);
});

const word = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });
const record: fc.Arbitrary<StatRecord> = fc.record({
  stamp: fc.record({
    dev: word,
    ino: word,
    size: word,
    mtimeNs: fc.bigInt({ min: -(1n << 62n), max: 1n << 62n }),
    ctimeNs: word,
  }),
  sha256: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
  idle: fc.nat(5),
});

test('the format round-trips', (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(record, { maxLength: 40, selector: (r) => `${r.stamp.dev}:${r.stamp.ino}` }),
      (all) => {
        const decoded = decodeStatRecords(new Uint8Array(encodeStatRecords(all, 42)))!;
        t.is(decoded.count, all.length);
        t.is(decoded.savedAtMs, 42);
        for (const one of all) {
          const found = decoded.at(decoded.find(one.stamp)!);
          t.deepEqual(found, one);
          t.is(decoded.find({ ...one.stamp, ctimeNs: one.stamp.ctimeNs + 1n }), undefined);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('records are found in any order', (t) => {
  const all = Array.from({ length: 700 }, (_, i) => ({
    stamp: { dev: 1n, ino: BigInt(i), size: BigInt(i), mtimeNs: 5n, ctimeNs: 6n },
    sha256: sha(String(i)),
    idle: 0,
  }));
  const absent = { ...all[0]!.stamp, ctimeNs: 7n };
  const orders = fc.array(fc.integer({ min: -1, max: all.length - 1 }), { maxLength: 50 });
  fc.assert(
    fc.property(orders, (order) => {
      const decoded = decodeStatRecords(new Uint8Array(encodeStatRecords(all, 42)))!;
      for (const i of order) {
        const found = decoded.find(i < 0 ? absent : all[i]!.stamp);
        t.is(found, i < 0 ? undefined : i);
        if (found !== undefined) t.is(decoded.sha256At(found), sha(String(i)));
      }
    }),
    { numRuns: 30 },
  );
  const decoded = decodeStatRecords(new Uint8Array(encodeStatRecords(all, 42)))!;
  for (const [i, { stamp }] of all.entries()) t.is(decoded.sha256At(decoded.find(stamp)!), sha(String(i)));
  t.is(decoded.find(absent), undefined, 'after the last one');
});

test('a file that is not known among others that are is news', (t) => {
  const dir = temporary(t);
  const [a, b2, file] = [join(dir, 'a'), join(dir, 'b'), join(dir, 'x.stat')];
  for (const path of [a, b2]) writeFileSync(path, path);
  const first = openAt(file, HOUR);
  first.sha256(fileAt(a));
  t.false(first.hasNews(), 'nothing is known yet');
  first.save();
  const second = openAt(file, HOUR);
  second.known(fileAt(b2).stamp);
  t.false(second.hasNews(), 'perhaps all of it is a new copy');
  second.known(fileAt(a).stamp);
  t.true(second.hasNews());
});
