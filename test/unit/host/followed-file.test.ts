// A reader gets every byte once and in order, whether it keeps up, comes late or is slow.
import test from 'ava';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { followedFile } from '../../../src/host/followed-file.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';

const signal = new AbortController().signal;

async function collect(chunks: AsyncIterable<Buffer>, pause = () => Promise.resolve()): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) {
    all.push(Buffer.from(chunk));
    await pause();
  }
  return Buffer.concat(all);
}

function writer(path: string) {
  writeFileSync(path, '');
  const file = followedFile(path);
  const write = (chunk: Buffer): void => {
    appendFileSync(path, chunk);
    file.wrote(chunk);
  };
  return { ...file, write };
}

test('what a reader keeps up with is not read again', async (t) => {
  const { write, end, follow } = writer(join(tempDir(t), 'file'));
  const reading = follow(signal);
  const first = reading.next();
  const chunk = Buffer.from('one');
  write(chunk);
  t.is((await first).value, chunk);
  end();
  t.true((await reading.next()).done);
});

test('readers that come late or are slow get the same bytes', async (t) => {
  const path = join(tempDir(t), 'file');
  const { write, end, follow } = writer(path);
  const chunks = Array.from({ length: 12 }, (_, i) => Buffer.alloc(700_001, i));
  const slow = collect(follow(signal), () => turn());
  const fast = collect(follow(signal));
  for (const chunk of chunks.slice(0, 6)) write(chunk);
  await turn();
  const late = collect(follow(signal));
  for (const chunk of chunks.slice(6)) {
    write(chunk);
    await turn();
  }
  end();
  const whole = readFileSync(path);
  for (const read of [slow, fast, late, collect(follow(signal))]) t.true((await read).equals(whole));
});

test('any chunks at any time', async (t) => {
  const directory = tempDir(t);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.uint8Array(), fc.boolean())),
      fc.boolean(),
      async (steps, isSlow) => {
        const path = join(directory, 'file');
        const { write, end, follow } = writer(path);
        const read = collect(follow(signal), isSlow ? () => turn() : undefined);
        for (const [bytes, isPaused] of steps) {
          write(Buffer.from(bytes));
          if (isPaused) await turn();
        }
        end();
        t.true((await read).equals(readFileSync(path)));
      },
    ),
  );
});

test('a reader ends with the failure of the writer, and with its own signal', async (t) => {
  const { write, end, follow } = writer(join(tempDir(t), 'file'));
  const aborter = new AbortController();
  const aborted = collect(follow(aborter.signal));
  const failed = collect(follow(signal));
  write(Buffer.from('one'));
  await turn();
  aborter.abort();
  await t.throwsAsync(aborted, { code: 'ABORTED' });
  end({ error: new Error('no') });
  await t.throwsAsync(failed, { message: 'no' });
});

test('a file that lost its name is read by those who had begun', async (t) => {
  const path = join(tempDir(t), 'file');
  const { write, end, follow } = writer(path);
  write(Buffer.from('one '));
  const reading = follow(signal);
  t.is(String((await reading.next()).value), 'one ');
  write(Buffer.from('two'));
  rmSync(path);
  end();
  t.is(String(await collect(reading)), 'two');
  await t.throwsAsync(collect(follow(signal)), { code: 'ENOENT' });
});
