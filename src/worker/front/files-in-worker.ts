// The files of a container as the front sees them: asked of a worker, in pieces where they are long.
import { invariant } from '../../core/errors.js';
import type { StoredLayer } from '../../store/stored-layer.js';
import type {
  ContainerChange,
  ContainerTree,
  FilesAnswer,
  FilesWork,
  PathStatus,
} from '../containers/container-files.js';
import { untilAborted, type WorkerChannel } from './worker-channel.js';

/** Paths are those of the container; links in them are followed inside of it. */
export interface ContainerFiles {
  /** Sorted by path, a directory before what is in it. */
  changes(tree: ContainerTree, signal: AbortSignal): Promise<readonly ContainerChange[]>;
  /** What it changed as a layer of the store. */
  commit(tree: ContainerTree, signal: AbortSignal): Promise<StoredLayer>;
  /** Undefined when nothing is there. */
  status(
    tree: ContainerTree,
    path: string,
    options: { readonly isLinkFollowed: boolean; readonly signal: AbortSignal },
  ): Promise<PathStatus | undefined>;
  /** A tar of all but what is mounted. */
  export(tree: ContainerTree, signal: AbortSignal): AsyncGenerator<Buffer>;
  /** A tar of an object. `name`: what it is called there; '' for what is in a directory. */
  read(
    tree: ContainerTree,
    path: string,
    options: { readonly isLinkFollowed: boolean; readonly name: string; readonly signal: AbortSignal },
  ): AsyncGenerator<Buffer>;
  /**
   * Unpacks a tar into a directory. `owner`: of all that is written; by default as the archive says.
   * @returns paths of devices, which were left out
   */
  write(
    tree: ContainerTree,
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    options: {
      readonly owner?: { readonly uid: number; readonly gid: number };
      readonly signal: AbortSignal;
    },
  ): Promise<readonly string[]>;
}

/** Bytes of a message, so that none is large. */
const PIECE = 0x40000;

/**
 * @throws TsbuildError from each: COPY_NOT_FOUND, COPY_CONFLICT, CONTAINER_NOT_RUNNING when it ended meanwhile,
 * SANDBOX_*, LAYER_*, STORE_*, ABORTED
 */
export function filesInWorker(channel: WorkerChannel): ContainerFiles {
  const { requests, send } = channel;

  async function ask(
    tree: ContainerTree,
    work: FilesWork,
    signal: AbortSignal,
    id = requests.next(),
  ): Promise<FilesAnswer> {
    const answer = await untilAborted(channel, id, signal, () =>
      requests.ask(id, () => send({ kind: 'container-files', id, tree, work })),
    );
    invariant(answer.kind === 'container-files', 'what is asked about files is answered so');
    return answer.answer;
  }

  async function* pieces(tree: ContainerTree, work: FilesWork, signal: AbortSignal): AsyncGenerator<Buffer> {
    const stream = requests.next();
    await ask(tree, work, signal, stream);
    let isOver = false;
    try {
      for (;;) {
        const answer = await ask(tree, { kind: 'pull', stream }, signal);
        invariant(answer.kind === 'piece', 'a pull is answered by a piece');
        isOver = answer.data === undefined;
        if (!answer.data) return;
        yield Buffer.from(answer.data);
      }
    } finally {
      if (!isOver) await drop(tree, stream);
    }
  }

  /** Whatever becomes of it: what went wrong before is told. */
  async function drop(tree: ContainerTree, stream: number): Promise<void> {
    await ask(tree, { kind: 'drop', stream }, new AbortController().signal).catch(() => undefined);
  }

  async function push(
    tree: ContainerTree,
    stream: number,
    { data, signal }: { readonly data?: Uint8Array; readonly signal: AbortSignal },
  ): Promise<readonly string[]> {
    const answer = await ask(tree, { kind: 'push', stream, ...(data && { data }) }, signal);
    invariant(answer.kind === 'taken', 'a push is answered so');
    return answer.devices;
  }

  return {
    async changes(tree, signal) {
      const answer = await ask(tree, { kind: 'changes' }, signal);
      invariant(answer.kind === 'changes', 'changes are answered so');
      return answer.changes;
    },
    async commit(tree, signal) {
      const answer = await ask(tree, { kind: 'commit' }, signal);
      invariant(answer.kind === 'layer', 'a commit is answered by a layer');
      return answer.layer;
    },
    async status(tree, path, { isLinkFollowed, signal }) {
      const answer = await ask(tree, { kind: 'status', path, isLinkFollowed }, signal);
      invariant(answer.kind === 'status', 'a status is answered so');
      return answer.status;
    },
    export: (tree, signal) => pieces(tree, { kind: 'export' }, signal),
    read: (tree, path, { isLinkFollowed, name, signal }) =>
      pieces(tree, { kind: 'read', path, isLinkFollowed, name }, signal),
    async write(tree, path, chunks, { owner, signal }) {
      const stream = requests.next();
      await ask(tree, { kind: 'write', path, ...(owner && { owner }) }, signal, stream);
      let isOver = false;
      try {
        for await (const chunk of chunks)
          for (let at = 0; at < chunk.length; at += PIECE)
            await push(tree, stream, { data: chunk.subarray(at, at + PIECE), signal });
        const devices = await push(tree, stream, { signal });
        isOver = true;
        return devices;
      } finally {
        if (!isOver) await drop(tree, stream);
      }
    },
  };
}
