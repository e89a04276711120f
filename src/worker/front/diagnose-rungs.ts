// What `tsbuild doctor` says of the ladder: which rungs work here, why the others do not, and what would enable them.
import type { ErrorCode, TsbuildError } from '../../core/errors.js';
import type { Store } from '../../store/store.js';
import { RUNGS } from './ladder.js';
import type { Rung, RungName } from './rung.js';
import { tryRung } from './try-rung.js';
import { thisUsernsHost, unlockCommands } from './userns-switches.js';

/** Part of the stable shape of `tsbuild doctor --json`. */
export interface RungDiagnosis {
  /** As `--isolation` takes it. */
  readonly name: RungName;
  readonly description: string;
  readonly works: boolean;
  /** What keeps steps apart beside namespaces, of a rung that works without them. */
  readonly about?: string;
  /** Why it does not work, with the code that a build would fail with. */
  readonly code?: ErrorCode;
  readonly reason?: string;
  /**
   * Commands that would enable it, each sufficient, the simplest first. Empty when it works or nothing is known to
   * help.
   */
  readonly fixes: readonly string[];
}

export interface DiagnoseOptions {
  /** An empty store of a rung's own; deleted by the caller. */
  readonly makeStore: (rung: RungName) => Store;
  readonly signal: AbortSignal;
}

/** Tries every rung, strongest first, each in processes of its own. @throws TsbuildError STORE_* */
export async function diagnoseRungs({ makeStore, signal }: DiagnoseOptions): Promise<RungDiagnosis[]> {
  const diagnoses: RungDiagnosis[] = [];
  for (const rung of RUNGS) {
    let about: string | undefined;
    const onAbout = (text: string): void => void (about = text);
    const error = await tryRung(rung, { store: makeStore(rung.name), signal, onAbout });
    diagnoses.push({ ...diagnosisOf(rung, error), ...(about !== undefined && { about }) });
  }
  return diagnoses;
}

function diagnosisOf(
  { name, description }: Pick<Rung, 'name' | 'description'>,
  error: TsbuildError | undefined,
): RungDiagnosis {
  if (!error) return { name, description, works: true, fixes: [] };
  const { code, message: reason } = error;
  return { name, description, works: false, code, reason, fixes: fixesOf(error) };
}

function fixesOf({ code, hint }: TsbuildError): string[] {
  if (code === 'SANDBOX_NO_USERNS') return unlockCommands(thisUsernsHost());
  return hint === undefined ? [] : [hint];
}
