// When the store is measured after a build, and how large it may be.
import test from 'ava';
import { capOf, mayExceed } from '../../../src/upkeep/store-cap.js';

const GB = 1e9;

test('a tenth of the disk, at most 20 GB; a variable says otherwise', (t) => {
  t.is(capOf({}, { totalBytes: 100 * GB }), 10 * GB);
  t.is(capOf({}, { totalBytes: 900 * GB }), 20 * GB);
  t.is(capOf({ TSBUILD_STORE_MAX: '' }, { totalBytes: 100 * GB }), 10 * GB);
  t.is(capOf({ TSBUILD_STORE_MAX: '2g' }, { totalBytes: 100 * GB }), 2 * 2 ** 30);
  t.is(capOf({ TSBUILD_STORE_MAX: '0' }, { totalBytes: 100 * GB }), undefined);
  t.throws(() => capOf({ TSBUILD_STORE_MAX: 'much' }, { totalBytes: GB }), {
    code: 'OPTION_INVALID',
    message: /TSBUILD_STORE_MAX/,
  });
});

test('far from the cap it is measured once an hour, near it always', (t) => {
  const measured = { bytes: 10, freeBytes: 500, at: 1000 };
  t.true(mayExceed(100, undefined, { freeBytes: 500 }, 1000));
  t.false(mayExceed(100, measured, { freeBytes: 500 }, 1000));
  t.true(mayExceed(100, measured, { freeBytes: 500 }, 4601));
  t.true(mayExceed(100, measured, { freeBytes: 500 }, -2601), 'the clock was set back');
  t.true(mayExceed(100, { ...measured, bytes: 90 }, { freeBytes: 500 }, 1000));
  t.true(mayExceed(100, measured, { freeBytes: 420 }, 1000), 'the disk lost what would fill it');
  t.false(mayExceed(100, measured, { freeBytes: 900 }, 1000));
});
