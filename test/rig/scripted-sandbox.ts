// A sandbox without namespaces: its processes are in the hands of the test, what it unpacks is read and indexed, and
// what it gives are real layers of the store. It holds the build to what the real one relies on: a layer is in the
// store, or told to it before.
import { TsbuildError } from '../../src/core/errors.js';
import { growingFile } from '../../src/host/growing-file.js';
import { createDefaultNetwork } from '../../src/sandbox/network/default-network.js';
import type { NetworkTool } from '../../src/sandbox/network/network-tool.js';
import { indexLayer } from '../../src/store/index-layer.js';
import type { Store } from '../../src/store/store.js';
import type { ArrivingLayer, StoredLayer } from '../../src/store/stored-layer.js';
import type { LayerEntry } from '../../src/layer/entry.js';
import type { EmulatorSearch } from '../../src/worker/front/emulator-search.js';
import type { BuildSandbox } from '../../src/worker/front/ladder.js';
import type { OpenRootfs } from '../../src/worker/sandbox.js';
import { addLayer } from '../support/sandbox-rootfs.js';
import { createArrivals, type Arrivals } from './arrivals.js';
import { startScript, type ScriptedRun } from './scripted-run.js';

export interface SandboxScript {
  readonly runs: Arrivals<ScriptedRun>;
  /** Called with each process that starts. */
  onRun: (run: ScriptedRun) => void;
  /** How often a sandbox was opened, needed or not. */
  opened: number;
  /** How many file systems were opened and neither closed nor taken as a layer. */
  openRootfs: number;
  /** Of which processes snapshots were taken, and whether the contents were to be hashed. */
  readonly snapshots: { readonly commands: readonly string[]; readonly areContentsHashed: boolean }[];
  /** Diff ids of layers that it was told to unpack while they came, in order. */
  readonly unpacked: string[];
  /** The contents of cache mounts, by their ids, as layers. */
  readonly caches: Map<string, StoredLayer>;
  /** What opening it fails with. */
  refusal: TsbuildError | undefined;
  /** What could execute programs of other architectures; by default every machine could. */
  findWays: EmulatorSearch['find'];
  /** Architectures whose programs were to be executed, in order. */
  readonly emulated: string[];
  /** Whether processes get a network of their own by a tool; else they have the host's. */
  network: { readonly tool: NetworkTool; readonly isForced: boolean } | undefined;
}

export function createSandboxScript(): SandboxScript {
  const runs = createArrivals<ScriptedRun>('process', ({ command }) => command);
  return {
    runs,
    onRun: () => undefined,
    opened: 0,
    openRootfs: 0,
    snapshots: [],
    unpacked: [],
    caches: new Map(),
    refusal: undefined,
    findWays: async () => ({ isNative: true }),
    emulated: [],
    network: undefined,
  };
}

export interface OpenScripted {
  readonly store: Store;
  readonly onNote: (message: string) => void;
}

/** @throws TsbuildError the refusal of the script */
export async function openScriptedSandbox(
  script: SandboxScript,
  { store, onNote }: OpenScripted,
): Promise<BuildSandbox> {
  script.opened++;
  if (script.refusal) throw script.refusal;
  const arriving = new Set<string>();

  function requireLayers(layers: readonly StoredLayer[]): void {
    for (const { blob, size } of layers)
      if (!arriving.has(blob) && store.blobSize(blob) !== size)
        throw new Error(`the blob ${blob} of ${size} bytes is not in the store`);
  }

  return {
    rung: 'scripted',
    networks: createDefaultNetwork(script.network ?? { isForced: false }, onNote),
    emulation: {
      async enable(architecture) {
        script.emulated.push(architecture);
        return { kind: 'native' };
      },
    },
    emulate: async () => undefined,
    async openRootfs(layers, signal) {
      requireLayers(layers);
      return openScriptedRootfs({ script, store, requireLayers }, layers, signal);
    },
    async unpack(layer, below, signal) {
      requireLayers(below);
      script.unpacked.push(layer.diffId);
      arriving.add(layer.blob);
      await indexArriving(store, layer, signal);
    },
    caches: {
      isThere: async (id) => script.caches.has(id),
      async restore({ id }, layer) {
        requireLayers([layer]);
        script.caches.set(id, layer);
      },
      async save(id) {
        const layer = script.caches.get(id);
        return layer ? { kind: 'layer', layer } : { kind: 'absent' };
      },
    },
    settle: async () => undefined,
    removeAsRoot: async () => undefined,
    release: async () => true,
    dispose: async () => undefined,
  };
}

interface RootfsPlace {
  readonly script: SandboxScript;
  readonly store: Store;
  requireLayers(layers: readonly StoredLayer[]): void;
}

function openScriptedRootfs(
  { script, store, requireLayers }: RootfsPlace,
  layers: readonly StoredLayer[],
  signal: AbortSignal,
): OpenRootfs {
  const changes: LayerEntry[] = [];
  const commands: string[] = [];
  let isOpen = true;
  script.openRootfs++;

  function close(): void {
    if (isOpen) script.openRootfs--;
    isOpen = false;
  }

  return {
    async start(process, io) {
      if (signal.aborted || io.signal.aborted) throw new TsbuildError('ABORTED', 'interrupted');
      for (const mount of process.mounts)
        if (mount.type === 'bind') requireLayers(mount.source.layers);
        else if (mount.type === 'cache' && mount.seed) requireLayers(mount.seed.layers);
      const { run, running } = startScript({ process, layers, changes }, io);
      commands.push(run.command);
      script.runs.add(run);
      script.onRun(run);
      return running;
    },
    async snapshot({ areContentsHashed }) {
      if (!isOpen) throw new Error('a snapshot of a rootfs that is closed');
      close();
      script.snapshots.push({ commands, areContentsHashed });
      return addLayer(store, changes);
    },
    close: async () => close(),
  };
}

async function indexArriving(store: Store, layer: ArrivingLayer, signal: AbortSignal): Promise<void> {
  const { growing, size, blob: digest, diffId, limits } = layer;
  const chunks = growingFile(growing, size, signal);
  await indexLayer(chunks, { diffId, paths: store.paths, limits, signal, expect: { digest, size } });
}
