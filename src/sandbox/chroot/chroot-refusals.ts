// Refuses what the rung `chroot` cannot give a command. Nothing is left out silently.
import { readFileSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import type { AnyProcess } from '../process-spec.js';

/** Defaults: what a command gets that asks for nothing else. */
const DEFAULT_HOSTNAME = 'buildkitsandbox';
const DEFAULT_SHM_BYTES = 64 << 20;

/** What worker and launcher need themselves. */
const NEEDED = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  SYS_CHROOT: 18,
};

/** @throws TsbuildError SANDBOX_UNSUPPORTED */
export function refuseUnservable(spec: AnyProcess): void {
  const refused = [
    [spec.network !== 'host', spec.network === 'none' ? '--network none' : 'a network of its own'],
    [spec.isInsecure, '--security=insecure'],
    [spec.hostname !== DEFAULT_HOSTNAME, `the hostname ${spec.hostname}`],
    [spec.shmSizeBytes !== DEFAULT_SHM_BYTES, '--shm-size'],
    [
      spec.mounts.some((mount) => mount.type === 'tmpfs' && mount.sizeBytes !== undefined),
      'a tmpfs with size=',
    ],
    [spec.mounts.some((mount) => mount.type === 'cache' && mount.isReadonly), 'a read-only cache mount'],
  ] as const;
  for (const [isAsked, what] of refused)
    if (isAsked)
      throw new TsbuildError('SANDBOX_UNSUPPORTED', `isolation chroot cannot give a process ${what}`, {
        hint: 'leave it out, or build where namespaces work: `tsbuild doctor` tells what is missing',
      });
}

/** @throws TsbuildError SANDBOX_UNSUPPORTED when this process lacks a capability that the rung needs */
export function assertCapabilities(): void {
  const own = BigInt(
    `0x${/^CapEff:\t([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`,
  );
  const missing = Object.entries(NEEDED).filter(([, number]) => ((own >> BigInt(number)) & 1n) === 0n);
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name);
  throw new TsbuildError(
    'SANDBOX_UNSUPPORTED',
    `isolation chroot needs the capabilities ${names.join(', ')}`,
    {
      hint: `docker run ${names.map((name) => `--cap-add ${name}`).join(' ')}`,
    },
  );
}
