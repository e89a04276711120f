// Tries a rung for real: its worker is started, a layer unpacked, a program run on it and what it changed made a layer.
import type { StoredLayer } from '../../store/stored-layer.js';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { signalAfter } from '../../host/time-limit.js';
import { putLayer } from '../../store/put-layer.js';
import type { Store } from '../../store/store.js';
import { PROBE_PATH, probeEntries } from './probe-layer.js';
import type { Rung } from './rung.js';
import type { ProcessSpec, Sandbox } from '../sandbox.js';
import type { SandboxSettings } from '../../sandbox/sandbox-settings.js';
import { openWorkerSandbox, type WorkerSandbox } from './worker-sandbox.js';

const LIMIT_SECONDS = 60;

export interface TryOptions {
  /** An empty store of the trial's own, on the file system that builds would use. */
  readonly store: Store;
  readonly signal: AbortSignal;
  /** The file system or the network that is to be tried with it. */
  readonly settings?: SandboxSettings;
  /** Learns what keeps processes apart beside namespaces. */
  readonly onAbout?: (text: string) => void;
}

/** Undefined when the rung works, else why it does not. @throws TsbuildError ABORTED */
export async function tryRung(rung: Rung, options: TryOptions): Promise<TsbuildError | undefined> {
  const { signal } = options;
  const limit = signalAfter(LIMIT_SECONDS, signal);
  try {
    await runProbe(rung, { ...options, signal: limit.signal });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TsbuildError)) throw error;
    if (!limit.signal.aborted) return error;
    return new TsbuildError('SANDBOX_FAILED', `it gave no answer within ${LIMIT_SECONDS} seconds`);
  } finally {
    limit.clear();
  }
}

async function runProbe(rung: Rung, { store, signal, settings = {}, onAbout }: TryOptions): Promise<void> {
  const { arch } = process;
  if (arch !== 'x64' && arch !== 'arm64')
    throw new TsbuildError(
      'SANDBOX_UNSUPPORTED',
      `the sandbox is supported on x64 and arm64, this is ${arch}`,
    );
  const layer = await addProbeLayer(store, arch);
  const sandbox = await openWorkerSandbox({ rung, paths: store.paths, settings, signal });
  try {
    const network = settings.network ? 'private' : 'host';
    await tryProbe(sandbox, layer, { spec: { ...PROBE, network }, signal });
    if (sandbox.about !== undefined) onAbout?.(sandbox.about);
  } finally {
    try {
      await removeTrees(sandbox, store);
    } finally {
      await sandbox.dispose();
    }
  }
}

interface Probe {
  readonly spec: ProcessSpec;
  readonly signal: AbortSignal;
}

async function tryProbe(sandbox: Sandbox, layer: StoredLayer, { spec, signal }: Probe): Promise<void> {
  const rootfs = await sandbox.openRootfs([layer], signal);
  try {
    const probe = await rootfs.start(spec, { onOutput() {}, signal });
    const { exitCode } = await probe.wait();
    if (exitCode !== 0)
      throw new TsbuildError('SANDBOX_FAILED', `a program that does nothing ended with ${exitCode}`);
    await rootfs.snapshot({ areContentsHashed: false, signal });
  } finally {
    await rootfs.close();
  }
}

function addProbeLayer(store: Store, arch: 'x64' | 'arm64'): Promise<StoredLayer> {
  return putLayer(store.paths, probeEntries(arch));
}

/**
 * What belongs to ids of the worker's namespace, its owner outside cannot delete. Work directories are the worker's own
 * to delete.
 */
export async function removeTrees(sandbox: WorkerSandbox, { paths }: Store): Promise<void> {
  const trees = readdirSync(paths.trees)
    .filter((name) => !name.startsWith('tmp-'))
    .map((name) => join(paths.trees, name));
  if (trees.length > 0) await sandbox.removeAsRoot(trees);
}

/** The working directory is made, so that there is something to find changed. */
export const PROBE: ProcessSpec = {
  argv: [PROBE_PATH],
  env: ['PATH=/'],
  cwd: '/made',
  uid: 0,
  gid: 0,
  groups: [0],
  hostname: 'buildkitsandbox',
  network: 'host',
  isInsecure: false,
  mounts: [],
  resolvConf: '',
  hosts: '',
  files: [],
  ulimits: [],
  shmSizeBytes: 64 << 20,
};
