import test from 'ava';
import { formatAge, formatCreated, formatSize, shortId } from '../../../../src/cli/render/size-and-age.js';

test('sizes have three digits', (t) => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '0B'],
    [999, '999B'],
    [1000, '1kB'],
    [7_380_000, '7.38MB'],
    [12_340_000, '12.3MB'],
    [123_400_000, '123MB'],
    [1_234_000_000, '1.23GB'],
  ];
  for (const [bytes, text] of rows) t.is(formatSize(bytes), text);
});

test('ages in the words of docker', (t) => {
  const [minute, hour, day] = [60, 3600, 86_400];
  const rows: readonly (readonly [number, string])[] = [
    [-5, 'Less than a second'],
    [0.9, 'Less than a second'],
    [1.5, '1 second'],
    [59, '59 seconds'],
    [minute, 'About a minute'],
    [2 * minute, '2 minutes'],
    [59 * minute, '59 minutes'],
    [hour, 'About an hour'],
    [1.6 * hour, '2 hours'],
    [47 * hour, '47 hours'],
    [2 * day, '2 days'],
    [13.5 * day, '13 days'],
    [14 * day, '2 weeks'],
    [59 * day, '8 weeks'],
    [60 * day, '2 months'],
    [729 * day, '24 months'],
    [730 * day, '2 years'],
  ];
  const then = Date.parse('2020-01-01T00:00:00Z') / 1000;
  for (const [seconds, words] of rows)
    t.is(formatAge('2020-01-01T00:00:00Z', then + seconds), `${words} ago`);
  t.is(formatAge(undefined, 1), 'N/A');
});

test('times and ids', (t) => {
  t.is(formatCreated('2026-01-02T03:04:05.678+02:00'), '2026-01-02 01:04:05 +0000 UTC');
  t.is(formatCreated(undefined), 'N/A');
  t.is(shortId(`sha256:${'0123456789abcdef'.repeat(4)}`), '0123456789ab');
});
