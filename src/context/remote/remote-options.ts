// What fetching from outside is done with.
import type { EventSink } from '../../core/events.js';
import type { BuildRequest } from '../../plan/request.js';
import type { Transport } from '../../registry/transport.js';
import type { Store } from '../../store/store.js';
import type { SshAgents } from '../../ssh-agent/ssh-agents.js';
import type { BuildSecrets } from '../../builder/secrets/secrets.js';

export interface RemoteOptions {
  readonly store: Store;
  readonly request: BuildRequest;
  readonly env: NodeJS.ProcessEnv;
  /** For credentials. */
  readonly secrets: BuildSecrets;
  readonly ssh: SshAgents;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
  /** Made on first use. */
  transport(): Promise<Transport>;
}
