// What `tsbuild doctor` says of the rung that a build would use: which file systems its steps can run on, and which
// network they get.
import type { TsbuildError } from '../../core/errors.js';
import type { Store } from '../../store/store.js';
import { chooseNetwork } from '../../sandbox/network/choose-network.js';
import { ROOTFS_DRIVERS, type RootfsDriver } from '../../rootfs/rootfs-driver.js';
import type { Rung } from './rung.js';
import { tryRung } from './try-rung.js';

/** Part of the stable shape of `tsbuild doctor --json`. */
export interface FilesystemDiagnosis {
  /** As TSBUILD_ROOTFS takes it. */
  readonly name: RootfsDriver['name'];
  readonly works: boolean;
  readonly reason?: string;
}

/** Part of the stable shape of `tsbuild doctor --json`. */
export interface NetworkDiagnosis {
  /** What connects a RUN that names no network; `host` when it shares the host's. */
  readonly name: 'pasta' | 'slirp4netns' | 'host';
  /** Why it is the host's. */
  readonly reason?: string;
}

export interface SettingsOptions {
  readonly makeStore: (name: string) => Store;
  readonly signal: AbortSignal;
}

/** Tries each; the first that works is the one that builds use. @throws TsbuildError STORE_* */
export async function diagnoseFilesystems(
  rung: Rung,
  { makeStore, signal }: SettingsOptions,
): Promise<FilesystemDiagnosis[]> {
  const diagnoses: FilesystemDiagnosis[] = [];
  // Without mounts there is nothing but copies.
  for (const name of rung.sharesNetwork ? (['copy'] as const) : ROOTFS_DRIVERS) {
    const error = await tryRung(rung, { store: makeStore(name), signal, settings: { rootfs: name } });
    diagnoses.push({ name, works: !error, ...(error && { reason: error.message }) });
  }
  return diagnoses;
}

/** Tries the tool that builds would use. @throws TsbuildError STORE_* */
export async function diagnoseNetwork(
  rung: Rung,
  { makeStore, signal }: SettingsOptions,
): Promise<NetworkDiagnosis> {
  if (rung.sharesNetwork) return { name: 'host', reason: `isolation ${rung.name} has no network of its own` };
  const { tool, reason } = chooseNetwork('default');
  if (!tool) return { name: 'host', ...(reason !== undefined && { reason }) };
  const error = await tryRung(rung, { store: makeStore('network'), signal, settings: { network: tool } });
  return { name: tool.name, ...(error && { reason: failureOf(error) }) };
}

function failureOf({ message, hint }: TsbuildError): string {
  return `builds fail: ${message}; use --network host${hint === undefined ? '' : `, or: ${hint}`}`;
}
