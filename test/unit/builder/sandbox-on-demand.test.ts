// When the sandbox of a build is opened, when it speaks, and how it is let go of.
import test from 'ava';
import { createSandboxOnDemand, type OnNote } from '../../../src/builder/sandbox-on-demand.js';
import { TsbuildError } from '../../../src/core/errors.js';
import type { BuildSandbox } from '../../../src/worker/front/ladder.js';

function scene(
  options: { readonly refusal?: TsbuildError; readonly isKnown?: boolean; releases?: boolean } = {},
) {
  const calls: string[] = [];
  const notes: string[] = [];
  let say: OnNote = () => undefined;
  const sandbox = {
    async release() {
      calls.push('release');
      return options.releases ?? true;
    },
    dispose: async () => void calls.push('dispose'),
  } as BuildSandbox;
  const onDemand = createSandboxOnDemand({
    async open(onNote) {
      calls.push('open');
      say = onNote;
      onNote('uses a rung');
      if (options.refusal) throw options.refusal;
      return sandbox;
    },
    isNewNote: () => options.isKnown !== true,
    emit: (event) => void (event.kind === 'note' && notes.push(event.message)),
  });
  return { calls, notes, onDemand, sandbox, say: (...note: Parameters<OnNote>) => say(...note) };
}

test('it is opened once, for whoever asks first', async (t) => {
  const { onDemand, calls, sandbox } = scene();
  t.deepEqual(calls, []);
  onDemand.prepare();
  t.deepEqual(await Promise.all([onDemand.get(), onDemand.get()]), [sandbox, sandbox]);
  t.deepEqual(calls, ['open']);
});

test('it has nothing to say before it is needed', async (t) => {
  const { onDemand, notes, say } = scene();
  onDemand.prepare();
  t.deepEqual(notes, []);
  await onDemand.get();
  t.deepEqual(notes, ['uses a rung']);
  say('one more');
  t.deepEqual(notes, ['uses a rung', 'one more']);
});

test('what the user knows already is said only when it is of this build', async (t) => {
  const { onDemand, notes, say } = scene({ isKnown: true });
  await onDemand.get();
  say('of this build', 'always');
  t.deepEqual(notes, ['of this build']);
});

test('when it cannot be opened, who needs it is told, each time', async (t) => {
  const refusal = new TsbuildError('SANDBOX_NO_USERNS', 'no');
  const { onDemand } = scene({ refusal });
  onDemand.prepare();
  t.is(await t.throwsAsync(onDemand.get()), refusal);
  t.is(await t.throwsAsync(onDemand.get()), refusal);
  await t.notThrowsAsync(onDemand.release());
  await t.notThrowsAsync(onDemand.dispose());
});

test('one that was released is not disposed of; one that must be waited for is', async (t) => {
  for (const [releases, expected] of [
    [true, ['open', 'release']],
    [false, ['open', 'release', 'dispose']],
  ] as const) {
    const { onDemand, calls } = scene({ releases });
    await onDemand.get();
    await onDemand.release();
    await onDemand.dispose();
    t.deepEqual(calls, expected);
  }
});

test('one that nobody needed is disposed of only', async (t) => {
  const { onDemand, calls } = scene();
  onDemand.prepare();
  await onDemand.release();
  await onDemand.dispose();
  t.deepEqual(calls, ['open', 'dispose']);
});
