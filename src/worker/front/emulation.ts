// How the commands of one sandbox execute programs of other architectures. Best is a table of the sandbox' own, in
// which an emulator's file is registered; else what the host has registered. A sandbox has one of the two: with its own
// it does not see the host's.
import { TsbuildError } from '../../core/errors.js';
import type { Emulator } from '../../sandbox/emulation/register-line.js';
import type { OnNote } from '../../sandbox/network/default-network.js';
import { noEmulator, type EmulatorSearch, type FoundWays } from './emulator-search.js';

/** How programs of an architecture are executed. */
export type EmulationWay =
  | { readonly kind: 'native' }
  /** `interpreter`: absolute path. */
  | { readonly kind: 'own'; readonly interpreter: string }
  | { readonly kind: 'host'; readonly interpreter?: string };

export interface Emulation {
  /**
   * From when it resolves on, commands execute programs of this architecture. A note tells once that they are emulated.
   * @param architecture as images name it
   * @throws TsbuildError SANDBOX_NO_EMULATOR, SANDBOX_NO_KOFFI
   */
  enable(architecture: string): Promise<EmulationWay>;
}

export interface EmulationOptions {
  readonly search: EmulatorSearch;
  /** Registers it for the commands of the sandbox. @throws TsbuildError SANDBOX_NO_EMULATOR */
  register(emulator: Emulator): Promise<void>;
  readonly onNote: OnNote;
}

export function createEmulation({ search, register, onNote }: EmulationOptions): Emulation {
  const enabled = new Map<string, Promise<EmulationWay>>();
  let table: 'own' | 'host' | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function open(architecture: string): Promise<EmulationWay> {
    const found = await search.find(architecture);
    if (found.isNative) return { kind: 'native' };
    const reasons: string[] = [];
    const own = await openOwn(found, reasons);
    if (own) return own;
    const { host } = found;
    if (host && table !== 'own') {
      table = 'host';
      return { kind: 'host', ...host };
    }
    if (host)
      reasons.push('what the host has registered is out of reach of a build that has an emulator of its own');
    throw noEmulator(architecture, found, reasons);
  }

  async function openOwn({ emulator }: FoundWays, reasons: string[]): Promise<EmulationWay | undefined> {
    if (!emulator) return undefined;
    if (table === 'host') {
      reasons.push('the build uses what the host has registered for another architecture');
      return undefined;
    }
    try {
      await register(emulator);
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code !== 'SANDBOX_NO_EMULATOR') throw error;
      reasons.push(error.message);
      return undefined;
    }
    table = 'own';
    return { kind: 'own', interpreter: emulator.path };
  }

  async function openAndTell(architecture: string): Promise<EmulationWay> {
    const way = await open(architecture);
    const note = noteOf(architecture, way);
    if (note !== undefined) onNote(note, 'always');
    return way;
  }

  return {
    enable(architecture) {
      const known = enabled.get(architecture);
      if (known) return known;
      // One after the other: the first decides which table there is.
      const opening = last.then(() => openAndTell(architecture));
      last = opening.catch(() => undefined);
      enabled.set(architecture, opening);
      return opening;
    },
  };
}

function noteOf(architecture: string, way: EmulationWay): string | undefined {
  if (way.kind === 'native') return undefined;
  const by = way.interpreter ?? 'what this machine has registered';
  return `commands of linux/${architecture} are emulated by ${by}, which takes several times as long`;
}
