// What one build carries along: its store, its request, where events go, and services that start only when they are needed.
import type { EventSink } from '../core/events.js';
import type { Platform } from '../oci/platform.js';
import type { LayerLimits } from '../layer/limits.js';
import type { BuildRequest } from '../plan/request.js';
import type { RegistryClient } from '../registry/client.js';
import type { StepCache } from '../cache/step-cache.js';
import type { Store } from '../store/store.js';
import type { ContentDigests } from '../images/content-digests.js';
import type { ContextSet } from '../context/contexts.js';
import type { RemoteSources } from '../context/remote/remote-sources.js';
import type { BuildSandbox } from '../worker/front/ladder.js';
import type { SecretScan } from './secrets/secret-scan.js';
import type { SshAgents } from '../context/ssh-agent/ssh-agents.js';
import type { BuildSecrets } from './secrets/secrets.js';

export interface Session {
  readonly request: BuildRequest;
  readonly store: Store;
  readonly emit: EventSink;
  /** Aborted by the caller, or by the first step that fails. */
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  /** Bounds on every layer and archive that comes from outside. */
  readonly layerLimits: LayerLimits;
  /** Relative paths of the request are relative to it. */
  readonly cwd: string;
  /** Seconds since the epoch. The one clock of a build. */
  now(): number;
  readonly buildPlatform: Platform;
  readonly targetPlatform: Platform;
  readonly contexts: ContextSet;
  readonly remote: RemoteSources;
  readonly secrets: BuildSecrets;
  readonly ssh: SshAgents;
  /** Absent without secrets, and when the request turns it off. */
  readonly secretScan: SecretScan | undefined;
  /** Made on first use; a build whose bases are known never loads it. */
  registry(): Promise<RegistryClient>;
  /** Made on first use; a build without a RUN to execute never makes a namespace. */
  sandbox(): Promise<BuildSandbox>;
  /** Starts the sandbox while something else is done. When it cannot start, the RUN that needs it says so. */
  prepareSandbox(): void;
  /** The build is done: what steps needed ends, where the kernel cleans up without being waited for. */
  endSandbox(): Promise<void>;
  readonly contentDigests: ContentDigests;
  readonly stepCache: StepCache;
  /** Work that may be asked for twice is done once: by key. */
  once<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** What a plan is made with: a check has no more. */
export type PlanSession = Pick<
  Session,
  | 'request'
  | 'store'
  | 'emit'
  | 'signal'
  | 'layerLimits'
  | 'cwd'
  | 'now'
  | 'buildPlatform'
  | 'targetPlatform'
  | 'contexts'
  | 'remote'
  | 'registry'
  | 'once'
>;

/** A function that remembers the promise of each key. */
export function onceByKey(): Session['once'] {
  const running = new Map<string, Promise<unknown>>();
  return <T>(key: string, work: () => Promise<T>) => {
    const known = running.get(key) as Promise<T> | undefined;
    if (known) return known;
    const promise = work();
    running.set(key, promise);
    return promise;
  };
}
