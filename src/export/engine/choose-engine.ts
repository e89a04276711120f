// Which engine an image is loaded into: the first of the places that answers. Nothing is guessed about a place that the
// user named.
import { errnoOf } from '../../core/errno.js';
import { TsbuildError } from '../../core/errors.js';
import { findProgram } from '../../host/find-program.js';
import { openEngineApi, type EngineApi } from './engine-api.js';
import type { EngineName, EnginePlace } from './engine-place.js';
import { enginePlaces } from './engine-places.js';

export interface EngineSearch {
  /** Undefined for any. */
  readonly engine: EngineName | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export type ChosenEngine = (
  | { readonly kind: 'api'; readonly api: EngineApi }
  | { readonly kind: 'command'; readonly place: Extract<EnginePlace, { kind: 'command' }> }
) & {
  /** Of the places before it, those that this user may not use. */
  readonly forbidden: readonly string[];
};

/** @throws TsbuildError ENGINE_UNREACHABLE with each place that was tried, ENGINE_FAILED, ABORTED */
export async function chooseEngine({ engine, env, signal }: EngineSearch): Promise<ChosenEngine> {
  const { places, isGiven } = enginePlaces(engine, env);
  const failures: TsbuildError[] = [];
  const forbidden = (): readonly string[] => failures.filter(isForbidden).map(({ message }) => message);
  for (const place of places) {
    if (place.kind === 'command') {
      if (isGiven || findProgram(place.program) !== undefined)
        return { kind: 'command', place, forbidden: forbidden() };
      failures.push(
        new TsbuildError('ENGINE_UNREACHABLE', `${place.label}: ${place.program} is not installed`),
      );
      continue;
    }
    try {
      return { kind: 'api', api: await openEngineApi(place, signal), forbidden: forbidden() };
    } catch (error) {
      if (isGiven || !(error instanceof TsbuildError) || error.code !== 'ENGINE_UNREACHABLE') throw error;
      failures.push(error);
    }
  }
  const tried = failures.map(({ message }) => message).join('; ');
  throw new TsbuildError('ENGINE_UNREACHABLE', `no container engine to load the image into: ${tried}`, {
    hint:
      failures.find(isForbidden)?.hint ??
      'start docker or podman, set DOCKER_HOST, or write an archive: --output type=docker,dest=image.tar',
  });
}

function isForbidden({ cause }: TsbuildError): boolean {
  return errnoOf(cause) === 'EACCES';
}
