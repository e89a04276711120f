// What the parts of one build work with. Plans and checks need the first half; steps need all of it.
import type { MountSource } from '../cache/remote/mount-source.js';
import type { StepCache, Tally } from '../cache/step-cache.js';
import type { EventSink } from '../core/events.js';
import type { Once } from '../core/once.js';
import type { ContextSet } from '../context/contexts.js';
import type { RemoteSources } from '../context/remote/remote-sources.js';
import type { SshAgents } from '../ssh-agent/ssh-agents.js';
import type { Layer } from '../images/layer.js';
import type { LayerFiles } from '../images/layer-files.js';
import type { LinkedImage } from '../images/linked-image.js';
import type { ResolveImage } from '../images/resolve-image.js';
import type { Trees } from '../images/trees.js';
import type { LayerLimits } from '../layer/limits.js';
import type { Platform } from '../oci/platform.js';
import type { BuildRequest } from '../plan/request.js';
import type { Store } from '../store/store.js';
import type { EmulatorSearch } from '../worker/front/emulator-search.js';
import type { FailedRuns } from './failed-runs.js';
import type { SandboxOnDemand } from './sandbox-on-demand.js';
import type { SecretScan } from './secrets/secret-scan.js';
import type { BuildSecrets } from './secrets/secrets.js';
import type { UsedMounts } from './used-mounts.js';

/** What a plan is made with. */
export interface PlanTools {
  readonly request: BuildRequest;
  readonly buildPlatform: Platform;
  readonly targetPlatform: Platform;
  /** Names of steps begin with their platform. */
  readonly isPlatformShown?: boolean;
  readonly contexts: ContextSet;
  readonly remote: RemoteSources;
  readonly resolveImage: ResolveImage;
  /** Of contexts that are other targets. Absent where nothing is built. */
  readonly linkedImage?: LinkedImage;
  /** Bounds on every layer and archive that comes from outside. */
  readonly limits: LayerLimits;
  /** Aborted by the caller, or by the first step that fails. */
  readonly signal: AbortSignal;
  /** Seconds since the epoch. */
  now(): number;
}

/** What steps are executed with. */
export interface BuildTools extends PlanTools {
  readonly store: Store;
  readonly files: LayerFiles;
  readonly trees: Trees;
  readonly secrets: BuildSecrets;
  readonly ssh: SshAgents;
  /** Absent without secrets, and when the request turns it off. */
  readonly secretScan: SecretScan | undefined;
  readonly sandbox: SandboxOnDemand;
  /** What could execute programs of other architectures, known without a sandbox. */
  emulators(): Promise<EmulatorSearch>;
  /** Authorities for the commands of RUN, PEM, read once; undefined when none are given. */
  caCertificates(): Promise<string | undefined>;
  readonly emit: EventSink;
  /** Counts steps as they end. */
  readonly tally: Tally;
  readonly stepCache: StepCache;
  /** Filled by the steps that are executed. */
  readonly usedMounts: UsedMounts;
  /** Absent when no remote cache is read. */
  readonly mountSource?: MountSource | undefined;
  /** Told of each RUN that fails. */
  readonly failedRuns?: FailedRuns | undefined;
  /**
   * When several platforms are built, by all that a step depends on: equal steps of their plans are executed, shown and
   * counted once.
   */
  readonly sharedSteps?: Once<string, Layer>;
  /**
   * Called with each layer of the image as soon as it is there, bottom first: found, made, or of the base. It was
   * inspected.
   */
  onLayer?(layer: Layer): void;
}
