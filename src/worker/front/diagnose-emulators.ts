// What `tsbuild doctor` says of other platforms: whether commands of each could be executed, and by what. Each is
// tried: a program that ends at once, as the only file of a rootfs.
import { TsbuildError } from '../../core/errors.js';
import type { LayerEntry } from '../../layer/entry.js';
import { ARCHITECTURES, type Architecture } from '../../sandbox/emulation/architectures.js';
import { trialProgram } from '../../sandbox/emulation/trial-program.js';
import { putLayer } from '../../store/put-layer.js';
import type { Store } from '../../store/store.js';
import type { StoredLayer } from '../../store/stored-layer.js';
import { createEmulation, type Emulation, type EmulationWay } from './emulation.js';
import { createEmulatorSearch, noEmulator, type FoundWays } from './emulator-search.js';
import { programEntry } from './probe-layer.js';
import type { Rung } from './rung.js';
import { PROBE, removeTrees } from './try-rung.js';
import { openWorkerSandbox, type WorkerSandbox } from './worker-sandbox.js';

/** Part of the stable shape of `tsbuild doctor --json`. */
export interface PlatformDiagnosis {
  /** `linux/arm64`. */
  readonly name: string;
  /**
   * What executes commands of it: this processor, an emulator that the build registers for itself, what the host has
   * registered, or nothing.
   */
  readonly by: 'processor' | 'own-emulator' | 'host-emulator' | 'nothing';
  /** Path of the emulator, where it is known. */
  readonly emulator?: string;
  /** Why nothing does. */
  readonly reason?: string;
  /** What would make it possible. */
  readonly fix?: string;
}

export interface EmulatorsOptions {
  readonly makeStore: (name: string) => Store;
  readonly signal: AbortSignal;
}

interface Candidate {
  readonly architecture: Architecture;
  readonly ways: FoundWays;
}

const BY = { native: 'processor', own: 'own-emulator', host: 'host-emulator' } as const;

/** All platforms but the machine's own. @throws TsbuildError STORE_*, ABORTED */
export async function diagnoseEmulators(
  rung: Rung,
  { makeStore, signal }: EmulatorsOptions,
): Promise<PlatformDiagnosis[]> {
  const search = createEmulatorSearch();
  const candidates: Candidate[] = [];
  for (const architecture of ARCHITECTURES)
    if (!isMachine(architecture))
      candidates.push({ architecture, ways: await search.find(architecture.name) });
  // A sandbox with an emulator of its own does not see those of the host.
  const own = candidates.filter(({ ways }) => ways.emulator !== undefined);
  const others = candidates.filter(({ ways }) => ways.emulator === undefined);
  const tried = [
    ...(await tryAll(rung, own, { store: makeStore('emulators'), signal })),
    ...(await tryAll(rung, others, { store: makeStore('host-emulators'), signal })),
  ];
  return candidates.map(({ architecture }) => tried.find(({ name }) => name === nameOf(architecture))!);
}

function isMachine({ name }: Architecture): boolean {
  return name === (process.arch === 'x64' ? 'amd64' : process.arch);
}

function nameOf({ name }: Architecture): string {
  return `linux/${name}`;
}

interface TrialOptions {
  readonly store: Store;
  readonly signal: AbortSignal;
}

async function tryAll(
  rung: Rung,
  candidates: readonly Candidate[],
  { store, signal }: TrialOptions,
): Promise<PlatformDiagnosis[]> {
  const isPossible = ({ ways }: Candidate): boolean =>
    ways.isNative || ways.emulator !== undefined || ways.host !== undefined;
  if (!candidates.some(isPossible))
    return candidates.map(({ architecture, ways }) =>
      impossible(architecture, noEmulator(architecture.name, ways)),
    );
  const layer = await putLayer(
    store.paths,
    candidates.map(({ architecture }) => entryOf(architecture)),
  );
  const sandbox = await openWorkerSandbox({ rung, paths: store.paths, signal });
  const known = new Map(candidates.map(({ architecture, ways }) => [architecture.name, ways]));
  const emulation = createEmulation({
    search: { find: async (name) => known.get(name) ?? { isNative: false } },
    register: sandbox.emulate,
    onNote: () => undefined,
  });
  try {
    const diagnoses: PlatformDiagnosis[] = [];
    for (const { architecture } of candidates)
      diagnoses.push(await tryOne(architecture, { sandbox, layer, emulation, signal }));
    return diagnoses;
  } finally {
    try {
      await removeTrees(sandbox, store);
    } finally {
      await sandbox.dispose();
    }
  }
}

interface Trial {
  readonly sandbox: WorkerSandbox;
  readonly layer: StoredLayer;
  readonly emulation: Emulation;
  readonly signal: AbortSignal;
}

async function tryOne(
  architecture: Architecture,
  { sandbox, layer, emulation, signal }: Trial,
): Promise<PlatformDiagnosis> {
  let way: EmulationWay;
  try {
    way = await emulation.enable(architecture.name);
    const rootfs = await sandbox.openRootfs([layer], signal);
    try {
      const argv = [`/${architecture.name}`];
      const { exitCode } = await (
        await rootfs.start({ ...PROBE, argv }, { onOutput: () => undefined, signal })
      ).wait();
      if (exitCode !== 0)
        throw new TsbuildError('SANDBOX_NO_EMULATOR', `a program that does nothing ended with ${exitCode}`);
    } finally {
      await rootfs.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TsbuildError)) throw error;
    return impossible(architecture, error);
  }
  const emulator = way.kind === 'native' ? undefined : way.interpreter;
  return { name: nameOf(architecture), by: BY[way.kind], ...(emulator !== undefined && { emulator }) };
}

function impossible(architecture: Architecture, { message, hint }: TsbuildError): PlatformDiagnosis {
  return {
    name: nameOf(architecture),
    by: 'nothing',
    reason: message,
    ...(hint !== undefined && { fix: hint }),
  };
}

function entryOf(architecture: Architecture): LayerEntry {
  return programEntry(architecture.name, trialProgram(architecture));
}
