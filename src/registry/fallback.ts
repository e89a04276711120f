// One request, several places: a mirror that lacks the document or blob, or does not answer, is passed over.
import { TsbuildError, type ErrorCode } from '../core/errors.js';
import type { Endpoint } from './mirrors.js';

/** Failures that another place may not have. A wrong digest is not one of them: a mirror that lies is to be seen. */
const PASSED_OVER = new Set<ErrorCode>([
  'REGISTRY_NOT_FOUND',
  'REGISTRY_UNREACHABLE',
  'REGISTRY_UNAUTHORIZED',
]);

function withMirrors(error: unknown, passed: readonly string[]): unknown {
  if (!(error instanceof TsbuildError) || error.code === 'ABORTED' || passed.length === 0) return error;
  return error.with({ message: `${error.message} (${passed.join('; ')})` });
}

/** The first success; else the failure of the last place, naming what the mirrors before it answered. */
export async function withFallback<T>(
  endpoints: readonly Endpoint[],
  operation: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const passed: string[] = [];
  for (const endpoint of endpoints.slice(0, -1)) {
    try {
      return await operation(endpoint);
    } catch (error) {
      if (!(error instanceof TsbuildError) || !PASSED_OVER.has(error.code)) throw error;
      passed.push(`mirror ${endpoint.origins[0]}/${endpoint.repository}: ${error.message}`);
    }
  }
  const last = endpoints.at(-1);
  if (last === undefined) throw new TsbuildError('REGISTRY_NOT_FOUND', 'no registry to ask');
  try {
    return await operation(last);
  } catch (error) {
    throw withMirrors(error, passed);
  }
}
