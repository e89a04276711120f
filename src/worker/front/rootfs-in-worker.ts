// A rootfs that a worker has, and the processes in it, as their users see them.
import { invariant, TsbuildError } from '../../core/errors.js';
import type { StoredLayer } from '../../store/stored-layer.js';
import type { OpenRootfs, ProcessIo, ProcessSpec, SandboxProcess } from '../sandbox.js';
import { interrupted, untilAborted, type WorkerChannel } from './worker-channel.js';

/** The worker opens it while more is asked of it already. @throws TsbuildError ABORTED | SANDBOX_FAILED */
export function askForRootfs(
  channel: WorkerChannel,
  layers: readonly StoredLayer[],
  signal: AbortSignal,
): OpenRootfs {
  const { requests, send, explain } = channel;
  const gone = requests.gone();
  if (gone) throw explain(gone);
  if (signal.aborted) throw interrupted();
  const rootfs = requests.next();
  const abort = (): void => send({ kind: 'abort', id: rootfs });
  signal.addEventListener('abort', abort);
  // From the first answer on it is open, or never will be.
  const whenKnown = (): void => signal.removeEventListener('abort', abort);
  send({ kind: 'open', id: rootfs, layers });
  let closing: Promise<void> | undefined;
  return {
    start: (spec, io) => startIn(channel, rootfs, spec, io).finally(whenKnown),
    async snapshot({ areContentsHashed, signal: stop }) {
      const id = requests.next();
      const asked = untilAborted(channel, id, stop, () =>
        requests.ask(id, () => send({ kind: 'snapshot', id, rootfs, areContentsHashed })),
      );
      const answer = await asked.finally(whenKnown);
      invariant(answer.kind === 'stored', 'a snapshot is answered by a layer');
      // With it the worker has closed it.
      closing ??= Promise.resolve();
      return answer.layer;
    },
    close() {
      whenKnown();
      closing ??= close(channel, rootfs);
      // Nobody has to wait for it.
      closing.catch(() => undefined);
      return closing;
    },
  };
}

async function close({ requests, send }: WorkerChannel, rootfs: number): Promise<void> {
  // With the worker everything of it is gone.
  if (requests.gone()) return;
  const id = requests.next();
  await requests.ask(id, () => send({ kind: 'close', id, rootfs }), { isForgotten: true });
}

async function startIn(
  channel: WorkerChannel,
  rootfs: number,
  spec: ProcessSpec,
  { onOutput, signal }: ProcessIo,
): Promise<SandboxProcess> {
  const { requests, send, explain } = channel;
  if (signal.aborted) throw interrupted();
  const id = requests.next();
  const lived = untilAborted(channel, id, signal, () => requests.follow(id, onOutput));
  // What keeps it from starting is thrown here, and what ends it to whoever waits.
  lived.catch(() => undefined);
  try {
    await requests.ask(id, () => send({ kind: 'start', id, rootfs, process: spec }));
  } catch (error) {
    throw explain(error);
  }
  return processOf(channel, id, spec, () => lived);
}

/** Bytes of a message, so that none is large. */
const PIECE = 0x10000;

function processOf(
  { requests, send }: WorkerChannel,
  id: number,
  { stdin, terminal }: ProcessSpec,
  wait: SandboxProcess['wait'],
): SandboxProcess {
  async function writePiece(data: Uint8Array): Promise<boolean> {
    const asked = requests.next();
    const answer = await requests.ask(asked, () => send({ kind: 'input', id: asked, process: id, data }));
    return answer.kind === 'taken' && answer.isRead;
  }

  return {
    async write(data) {
      if (!terminal && stdin !== 'stream')
        throw new TsbuildError('INTERNAL', 'this process was started without a standard input');
      for (let at = 0; at < data.length; at += PIECE)
        if (!(await writePiece(data.subarray(at, at + PIECE)))) return false;
      return true;
    },
    endInput: () => send({ kind: 'end-input', process: id }),
    kill: (signal) => send({ kind: 'signal', process: id, signal }),
    resize(size) {
      if (!terminal) throw new TsbuildError('INTERNAL', 'this process was started without a terminal');
      send({ kind: 'resize', process: id, size });
    },
    wait,
  };
}
