// What could execute the programs of an architecture on this machine, found without a sandbox: its processor, an
// emulator's file, or what the host has registered. A build that must execute such programs asks before it begins.
import { TsbuildError } from '../../core/errors.js';
import { architectureOf, isRelated, type Architecture } from '../../sandbox/emulation/architectures.js';
import { emulatorNames, findEmulator } from '../../sandbox/emulation/find-emulator.js';
import { entryFor, readHostTable } from '../../sandbox/emulation/host-table.js';
import type { Emulator } from '../../sandbox/emulation/register-line.js';
import { trialProgram } from '../../sandbox/emulation/trial-program.js';
import { executesHere } from './executes-here.js';

export interface FoundWays {
  readonly isNative: boolean;
  /** A file that can be registered. */
  readonly emulator?: Emulator;
  /** What the host has registered for root file systems that do not have it. */
  readonly host?: HostWay;
}

export interface HostWay {
  /** Absent where the host's table cannot be read, as in a container: it is known by trying. */
  readonly interpreter?: string;
}

export interface EmulatorSearch {
  /** Looks once for each. @param architecture as images name it @throws TsbuildError SANDBOX_NO_KOFFI */
  find(architecture: string): Promise<FoundWays>;
}

/** `process.arch` of the machines that have sandboxes, as images name them. */
const MACHINES: Readonly<Record<string, string>> = { x64: 'amd64' };

export function createEmulatorSearch(): EmulatorSearch {
  const machine = MACHINES[process.arch] ?? process.arch;
  const known = new Map<string, Promise<FoundWays>>();

  async function search(name: string): Promise<FoundWays> {
    // On other systems there is no sandbox, which says so itself.
    if (name === machine || process.platform !== 'linux') return { isNative: true };
    const architecture = architectureOf(name);
    if (!architecture) return { isNative: false };
    const isExecuted = await executesHere(trialProgram(architecture));
    const host = hostWay(architecture, isExecuted);
    // What is registered would be in the way of the processor: then it is the registration that executes.
    if (isRelated(machine, name) && isExecuted && host?.interpreter === undefined) return { isNative: true };
    const emulator = await findEmulator(architecture);
    return { isNative: false, ...(emulator && { emulator }), ...(host && { host }) };
  }

  return {
    find(architecture) {
      const found = known.get(architecture) ?? search(architecture);
      known.set(architecture, found);
      return found;
    },
  };
}

function hostWay(architecture: Architecture, isExecuted: boolean): HostWay | undefined {
  const entries = readHostTable();
  if (!entries) return isExecuted ? {} : undefined;
  const entry = entryFor(architecture, entries);
  return entry && { interpreter: entry.interpreter };
}

/** The package of Debian and Ubuntu; `qemu-user-static` also is the name in Fedora and Arch Linux. */
const INSTALL = 'sudo apt-get install qemu-user-static';

/**
 * Why nothing executes the programs of an architecture.
 * @param reasons why ways that were found do not work
 */
export function noEmulator(
  architecture: string,
  { emulator }: Pick<FoundWays, 'emulator'>,
  reasons: readonly string[] = [],
): TsbuildError {
  const message = `this machine cannot execute programs of linux/${architecture}`;
  const known = architectureOf(architecture);
  const why = known ? reasons : [`there is no emulator for ${architecture}`];
  return new TsbuildError('SANDBOX_NO_EMULATOR', [message, ...why].join(': '), {
    hint: known && hintOf(known, { isFound: emulator !== undefined }),
  });
}

function hintOf(architecture: Architecture, { isFound }: { readonly isFound: boolean }): string {
  const registration = `docker run --privileged --rm tonistiigi/binfmt --install ${architecture.name}`;
  if (isFound) return `register an emulator for the whole machine: ${registration}`;
  const [file] = emulatorNames(architecture);
  return `${INSTALL} (of it the one file ${file} in $PATH is enough), or register an emulator for the whole machine: ${registration}`;
}
