// A store with the tiny image and an open sandbox on it, and the short way to run a command there.
import type { StoredLayer } from '../../src/store/stored-layer.js';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LayerEntry } from '../../src/layer/entry.js';
import type {
  OpenRootfs,
  ProcessExit,
  ProcessIo,
  ProcessSpec,
  Sandbox,
  SandboxProcess,
} from '../../src/worker/sandbox.js';
import type { Store } from '../../src/store/store.js';
import type { StorePaths } from '../../src/store/store-paths.js';
import type { Need } from './requirements.js';
import { addLayer, rootfsEntries, step, temporaryStore } from './sandbox-rootfs.js';

export interface SandboxDriver {
  readonly name: string;
  /** What it needs of the machine beside busybox and a user namespace. */
  readonly needs?: readonly Need[];
  /** Whether it works without user namespaces. */
  readonly isWithoutNamespaces?: boolean;
  /** What its steps ask for unless a test says otherwise. */
  readonly defaults?: Partial<ProcessSpec>;
  /** Titles of the rows that it cannot hold, each with the reason. */
  readonly unheld?: Readonly<Record<string, string>>;
  open(paths: StorePaths): Promise<Sandbox & { removeAsRoot(paths: readonly string[]): Promise<void> }>;
}

export interface Executed extends ProcessExit {
  /** What was changed, as a layer; absent when the command failed. */
  readonly layer?: StoredLayer;
}

export interface Ran extends Executed {
  readonly stdout: string;
  readonly stderr: string;
  /** What it changed, one line per entry: `kind path`. */
  readonly changes: readonly string[];
  readonly entries: readonly LayerEntry[];
}

export interface RunOptions extends Partial<ProcessSpec> {
  /** Instead of the tiny image. */
  readonly layers?: readonly StoredLayer[];
  readonly signal?: AbortSignal;
  readonly onOutput?: (text: string) => void;
  readonly areContentsHashed?: boolean;
}

export interface StartOptions extends Partial<ProcessSpec> {
  readonly signal?: AbortSignal;
}

export interface Started {
  readonly process: SandboxProcess;
  /** All that it has written, on both streams. */
  output(): string;
  /** Resolves when its output has the text. */
  said(text: string): Promise<void>;
}

export interface World {
  readonly store: Store;
  readonly base: StoredLayer;
  readonly sandbox: Sandbox;
  run(command: string | readonly string[], options?: RunOptions): Promise<Ran>;
  /** A process in an open rootfs, from which things can be asked. */
  start(rootfs: OpenRootfs, command: string | readonly string[], options?: StartOptions): Promise<Started>;
  /** The tiny image with another layer on it. */
  on(entries: readonly LayerEntry[]): Promise<StoredLayer[]>;
  close(): Promise<void>;
}

export async function openWorld(driver: SandboxDriver, store: Store = temporaryStore()): Promise<World> {
  const base = await addLayer(store, rootfsEntries());
  const sandbox = await driver.open(store.paths);
  return {
    store,
    base,
    sandbox,
    on: async (entries) => [base, await addLayer(store, entries)],
    async run(
      command,
      {
        layers = [base],
        signal = new AbortController().signal,
        onOutput,
        areContentsHashed = true,
        ...overrides
      } = {},
    ) {
      const output = ['', '', ''];
      const take = (stream: 1 | 2, data: Uint8Array): void => {
        output[stream] += Buffer.from(data).toString();
        onOutput?.(output[stream] ?? '');
      };
      const spec = step(command, { ...driver.defaults, ...overrides });
      const result = await execute(sandbox, layers, spec, { onOutput: take, signal, areContentsHashed });
      await sandbox.settle();
      const entries = result.layer ? store.readIndex(result.layer.diffId) : [];
      return {
        ...result,
        stdout: output[1] ?? '',
        stderr: output[2] ?? '',
        entries,
        changes: entries.map((entry) => `${entry.kind} ${entry.path}`),
      };
    },
    start: (rootfs, command, { signal = new AbortController().signal, ...overrides } = {}) =>
      startIn(rootfs, step(command, { ...driver.defaults, ...overrides }), signal),
    async close() {
      // A rootfs whose process failed to start may still be mounted. A worker that was killed has none.
      await sandbox.settle().catch(() => undefined);
      const owned = [store.paths.trees, store.paths.mounts].flatMap((folder) =>
        readdirSync(folder).map((name) => join(folder, name)),
      );
      if (owned.length > 0) await sandbox.removeAsRoot(owned);
      await sandbox.dispose();
      rmSync(dirname(store.paths.root), { recursive: true, force: true });
    },
  };
}

/** A process in a rootfs of its own; what it changed becomes a layer when it ended well. */
export async function execute(
  sandbox: Sandbox,
  layers: readonly StoredLayer[],
  spec: ProcessSpec,
  { areContentsHashed = true, ...io }: ProcessIo & { readonly areContentsHashed?: boolean },
): Promise<Executed> {
  const rootfs = await sandbox.openRootfs(layers, io.signal);
  try {
    const started = await rootfs.start(spec, io);
    const exit = await started.wait();
    if (exit.exitCode !== 0) return exit;
    return { ...exit, layer: await rootfs.snapshot({ areContentsHashed, signal: io.signal }) };
  } finally {
    void rootfs.close();
  }
}

async function startIn(rootfs: OpenRootfs, spec: ProcessSpec, signal: AbortSignal): Promise<Started> {
  let output = '';
  const waiting = new Set<() => void>();
  const onOutput = (_: 1 | 2, data: Uint8Array): void => {
    output += Buffer.from(data).toString();
    for (const look of waiting) look();
  };
  const process = await rootfs.start(spec, { onOutput, signal });
  return {
    process,
    output: () => output,
    said: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (output.includes(text)) resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
