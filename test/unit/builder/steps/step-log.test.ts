import test from 'ava';
import { createStepLog } from '../../../../src/builder/steps/step-log.js';
import { openSecrets } from '../../../../src/builder/secrets/secrets.js';
import type { BuildEvent } from '../../../../src/core/events.js';

function logWith(value: string | undefined) {
  const events: BuildEvent[] = [];
  const given = value === undefined ? [] : [{ id: 'a', value: Buffer.from(value) }];
  const secrets = openSecrets(given, { env: {}, cwd: '/' });
  secrets.read('a');
  const log = createStepLog({ emit: (event) => void events.push(event), now: () => 7, secrets }, 'step');
  const text = (stream: 1 | 2) =>
    events
      .map((event) => (event.kind === 'step-log' && event.stream === stream ? Buffer.from(event.data) : ''))
      .join('');
  return { log, events, text };
}

test('without secrets output goes out as it comes', async (t) => {
  const { log, events } = logWith(undefined);
  await log.around(async () => log.write(1, Buffer.from('a')));
  t.deepEqual(events, [{ kind: 'step-log', id: 'step', stream: 1, data: Buffer.from('a'), time: 7 }]);
});

test('a secret is hidden on each stream by itself, and what was held back comes at the end', async (t) => {
  const { log, text } = logWith('s3cr3t-value');
  await log.around(async () => {
    log.write(1, Buffer.from('out s3cr3t'));
    log.write(2, Buffer.from('err s3cr3t-value.'));
    log.write(1, Buffer.from('-value'));
    log.write(2, Buffer.from(' end s3cr'));
  });
  t.false((text(1) + text(2)).includes('s3cr3t-value'));
  t.regex(text(1), /^out \S+$/);
  t.regex(text(2), /^err \S+\. end s3cr$/);
});

test('a failure keeps what it is and has no secret in it', async (t) => {
  const { log, text } = logWith('s3cr3t-value');
  const work = async () => {
    log.write(1, Buffer.from('half s3cr'));
    throw new Error('cannot use s3cr3t-value');
  };
  const error = await t.throwsAsync(log.around(work));
  t.false(error?.message.includes('s3cr3t-value'));
  t.is(text(1), 'half s3cr');
});

test('the last of what went out is kept, without secrets', async (t) => {
  const { log } = logWith('s3cr3t-value');
  await log.around(async () => {
    log.write(1, Buffer.from('x'.repeat(20_000)));
    log.write(2, Buffer.from('the s3cr3t-value ends it'));
  });
  t.true(log.tail().length <= 8192);
  t.regex(log.tail(), /^x+the \*+ ends it$/);
});
