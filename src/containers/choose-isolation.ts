// The rung of the ladder that containers get here. It is tried once for each boot of the machine and each kind of
// place, and written down: a store may be shared by containers with other rights.
import { mkdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TsbuildError } from '../core/errors.js';
import { bootId } from '../host/boot-id.js';
import { temporaryName } from '../store/durable-write.js';
import { livingAnchor } from '../worker/containers/anchor-record.js';
import type { RungName } from '../worker/front/rung.js';
import { makeFolder, writeJson } from './container-files.js';
import type { ContainerHost } from './container-host.js';

interface Chosen {
  /** What decides which rungs work. */
  readonly place: string;
  readonly isolation: RungName;
}

/**
 * @param asked `auto`, or absent: the strongest that works. Another one is taken as it is.
 * @throws TsbuildError SANDBOX_* | STORE_* | ABORTED
 */
export async function chooseIsolation(
  host: ContainerHost,
  asked: RungName | 'auto' | undefined,
): Promise<RungName> {
  if (asked !== undefined && asked !== 'auto') return asked;
  if (livingAnchor(host.paths.anchors.userns.record)) return 'userns';
  const place = thisPlace();
  const known = readChosen(host.paths.isolation);
  if (known?.place === place) return known.isolation;
  const isolation = await tryAll(host);
  makeFolder(host.paths.root);
  writeJson(host.paths.isolation, { place, isolation } satisfies Chosen);
  return isolation;
}

async function tryAll({ store, signal, note }: ContainerHost): Promise<RungName> {
  const [{ RUNGS, noteOf, refusalOf }, { tryRung }, { openStore }] = await Promise.all([
    import('../worker/front/ladder.js'),
    import('../worker/front/try-rung.js'),
    import('../store/store.js'),
  ]);
  const folder = temporaryName(store.paths.tmp);
  mkdirSync(folder, { recursive: true });
  const failures: { readonly rung: (typeof RUNGS)[number]; readonly error: TsbuildError }[] = [];
  try {
    for (const rung of RUNGS) {
      const error = await tryRung(rung, { store: openStore(join(folder, rung.name)), signal });
      if (!error) {
        if (failures.length > 0) note(noteOf(rung, failures, 'containers use'));
        return rung.name;
      }
      failures.push({ rung, error });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  throw refusalOf('auto', failures);
}

function readChosen(path: string): Chosen | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Chosen;
  } catch {
    // Not tried yet, or cut when the machine stopped.
    return undefined;
  }
}

function thisPlace(): string {
  const namespaces = ['user', 'mnt'].map((kind) => readlinkSync(`/proc/self/ns/${kind}`));
  const status = readFileSync('/proc/self/status', 'latin1');
  const rights = status.match(/^(CapEff|NoNewPrivs|Seccomp):.*$/gm) ?? [];
  return [bootId(), process.getuid?.(), ...namespaces, ...rights].join(' ');
}
