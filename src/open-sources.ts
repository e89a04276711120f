// Where the files of a build come from: its definition, its contexts, what it fetches, its secrets and agents. A check
// opens the same.
import { existsSync, rmSync } from 'node:fs';
import { createContexts, type ContextSet } from './context/contexts.js';
import { loadDefinition, type Definition } from './context/load-definition.js';
import { createRemoteSources } from './context/remote/create-remote-sources.js';
import type { RemoteSources } from './context/remote/remote-sources.js';
import { openSshAgents, type SshAgents } from './ssh-agent/ssh-agents.js';
import { openSecrets, type BuildSecrets } from './builder/secrets/secrets.js';
import { closeAll } from './core/close-after.js';
import type { EventSink } from './core/events.js';
import type { Engine } from './engine.js';
import type { BuildRequest } from './plan/request.js';

export interface SourcesOptions {
  /** Relative paths of the request are relative to it. */
  readonly cwd: string;
  /** Opened when it is read. */
  stdin(): NodeJS.ReadableStream | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

export interface Sources {
  readonly secrets: BuildSecrets;
  readonly ssh: SshAgents;
  readonly remote: RemoteSources;
  /** The Dockerfile and its contexts. @throws TsbuildError DOCKERFILE_NOT_FOUND, CONTEXT_*, ADD_*, ABORTED */
  load(): Promise<{ readonly definition: Definition; readonly contexts: ContextSet }>;
  /** The signal is to be aborted first: what still runs is waited for. */
  close(): Promise<void>;
}

/** @throws TsbuildError OPTION_INVALID for secrets and keys that cannot be read */
export function openSources(
  { store, env, limits, now, transport }: Pick<Engine, 'store' | 'env' | 'limits' | 'now' | 'transport'>,
  request: BuildRequest,
  { cwd, stdin, signal, emit }: SourcesOptions,
): Sources {
  const secrets = openSecrets(request.secrets ?? [], { env, cwd });
  const ssh = openSshAgents(request.ssh ?? [], { env, cwd, temporaryPath: store.temporaryPath });
  const remote = createRemoteSources({ store, secrets, ssh, env, signal, now, emit, transport });
  const note = (message: string) => emit({ kind: 'note', message });
  let spool: string | undefined;
  const removeSpool = (): void => {
    if (spool !== undefined && existsSync(spool)) rmSync(spool);
  };
  return {
    secrets,
    ssh,
    remote,
    async load() {
      const definition = await loadDefinition(request, {
        cwd,
        get stdin() {
          return stdin();
        },
        get spool() {
          return (spool ??= store.temporaryPath());
        },
        signal,
        limits,
        remote,
        note,
      });
      const contexts = createContexts({
        cwd,
        openMain: definition.openMain,
        named: request.buildContexts ?? {},
        request,
        limits,
        signal,
        statDir: store.paths.stat,
        remote,
        note,
        now,
      });
      return { definition, contexts };
    },
    close: () => closeAll([remote.dispose, ssh.close, removeSpool]),
  };
}
