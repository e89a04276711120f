import test from 'ava';
import { collectPushes } from '../../../src/report/pushed-images.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test('each name with its digest and the bytes that its push sent', (t) => {
  const pushes = collectPushes();
  const add = (id: string, item: string, current: number, unit?: 'bytes', isDone?: boolean) =>
    pushes.add({
      kind: 'step-progress',
      id,
      item,
      current,
      time: 1,
      ...(unit && { unit }),
      ...(isDone !== undefined && { isDone }),
    });
  add('one', 'sha256:aaaaaaaaaaaa', 10, 'bytes');
  add('one', 'sha256:aaaaaaaaaaaa', 40, 'bytes', true);
  add('one', 'sha256:bbbbbbbbbbbb to r.test/other', 2, 'bytes', true);
  add('one', 'compressing sha256:cccccccccccc', 99, 'bytes', true);
  add('one', `pushing manifest for r.test/a:1@${DIGEST}`, 0);
  add('one', `pushing manifest for r.test/a:1@${DIGEST}`, 0, undefined, true);
  add('two', `pushing manifest for r.test/b@sha256:1@${DIGEST}`, 0, undefined, true);
  add('two', `pushing manifest for r.test/unfinished@${DIGEST}`, 0);
  t.deepEqual(pushes.end(), [
    { name: 'r.test/a:1', digest: DIGEST, sent: 42 },
    { name: 'r.test/b@sha256:1', digest: DIGEST, sent: 0 },
  ]);
});
