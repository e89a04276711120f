// Which of the ways a sandbox takes to execute programs of other architectures, and what it says.
import test from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import type { Emulator } from '../../../../src/sandbox/emulation/register-line.js';
import { createEmulation } from '../../../../src/worker/front/emulation.js';
import { noEmulator, type FoundWays } from '../../../../src/worker/front/emulator-search.js';

const emulator = (architecture: string): Emulator => ({
  architecture,
  path: `/bin/qemu-${architecture}`,
  takesName: true,
});

function scene(ways: Readonly<Record<string, FoundWays>>, { isRefused = false } = {}) {
  const registered: string[] = [];
  const notes: (readonly [string, string | undefined])[] = [];
  const emulation = createEmulation({
    search: { find: async (architecture) => ways[architecture] ?? { isNative: false } },
    async register({ architecture }) {
      if (isRefused) throw new TsbuildError('SANDBOX_NO_EMULATOR', 'the kernel is too old');
      registered.push(architecture);
    },
    onNote: (message, when) => void notes.push([message, when]),
  });
  const failure = async (architecture: string): Promise<TsbuildError> => {
    const error: unknown = await emulation.enable(architecture).catch((failed: unknown) => failed);
    if (error instanceof TsbuildError) return error;
    throw new Error(`${architecture} could be executed`);
  };
  return { emulation, registered, notes, failure };
}

test('what the processor executes needs nothing, and nothing is said', async (t) => {
  const { emulation, registered, notes } = scene({ '386': { isNative: true } });
  t.deepEqual(await emulation.enable('386'), { kind: 'native' });
  t.deepEqual([registered, notes], [[], []]);
});

test('an emulator is registered once and said once for each build, also when many ask', async (t) => {
  const { emulation, registered, notes } = scene({
    arm64: { isNative: false, emulator: emulator('arm64'), host: {} },
    arm: { isNative: false, emulator: emulator('arm') },
  });
  const ways = await Promise.all(['arm64', 'arm', 'arm64'].map((name) => emulation.enable(name)));
  t.deepEqual(ways[0], { kind: 'own', interpreter: '/bin/qemu-arm64' });
  t.is(ways[2], ways[0]);
  t.deepEqual(registered, ['arm64', 'arm']);
  t.deepEqual(notes[0], [
    'commands of linux/arm64 are emulated by /bin/qemu-arm64, which takes several times as long',
    'always',
  ]);
  t.is(notes.length, 2);
});

test('what the host has registered is used where the sandbox can have no emulator of its own', async (t) => {
  const host = { interpreter: '/host/qemu' };
  const { emulation, notes } = scene(
    { arm64: { isNative: false, emulator: emulator('arm64'), host }, arm: { isNative: false, host: {} } },
    { isRefused: true },
  );
  t.deepEqual(await emulation.enable('arm64'), { kind: 'host', interpreter: '/host/qemu' });
  t.deepEqual(await emulation.enable('arm'), { kind: 'host' });
  t.regex(notes[0]![0], /by \/host\/qemu,/);
  t.regex(notes[1]![0], /by what this machine has registered,/);
});

test('with an emulator of its own a sandbox does not see those of the host', async (t) => {
  const ways = {
    arm64: { isNative: false, emulator: emulator('arm64') },
    riscv64: { isNative: false, host: {} },
  };
  const first = scene(ways);
  await first.emulation.enable('arm64');
  const refused = await first.failure('riscv64');
  t.is(refused.code, 'SANDBOX_NO_EMULATOR');
  t.regex(refused.message, /riscv64: what the host has registered is out of reach/);
  const second = scene(ways);
  await second.emulation.enable('riscv64');
  t.regex((await second.failure('arm64')).message, /uses what the host has registered for another/);
});

test('a refusal names the platform, why, and what to install', async (t) => {
  const nothing = await scene({}).failure('arm64');
  t.is(nothing.code, 'SANDBOX_NO_EMULATOR');
  t.is(nothing.message, 'this machine cannot execute programs of linux/arm64');
  t.regex(
    nothing.hint ?? '',
    /^sudo apt-get install qemu-user-static \(of it the one file qemu-aarch64-static in/,
  );
  t.regex(nothing.hint ?? '', /docker run --privileged --rm tonistiigi\/binfmt --install arm64$/);
  const old = await scene(
    { arm64: { isNative: false, emulator: emulator('arm64') } },
    { isRefused: true },
  ).failure('arm64');
  t.is(old.message, 'this machine cannot execute programs of linux/arm64: the kernel is too old');
  t.regex(old.hint ?? '', /^register an emulator for the whole machine: docker run/);
  const odd = noEmulator('wasm', {});
  t.is(odd.message, 'this machine cannot execute programs of linux/wasm: there is no emulator for wasm');
  t.is(odd.hint, undefined);
});

test('a failure of another kind is passed on, and the next question is asked', async (t) => {
  const emulation = createEmulation({
    search: {
      find: async (name) =>
        name === 'arm' ? { isNative: true } : { isNative: false, emulator: emulator(name) },
    },
    register: async () => {
      throw new TsbuildError('SANDBOX_FAILED', 'the worker is gone');
    },
    onNote: () => undefined,
  });
  await t.throwsAsync(emulation.enable('arm64'), { code: 'SANDBOX_FAILED' });
  t.deepEqual(await emulation.enable('arm'), { kind: 'native' });
});
