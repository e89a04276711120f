// A registry that lives as long as a test, and what it was asked for.
import type { ExecutionContext } from 'ava';
import { startFakeRegistry, type FakeRegistry } from './fake-registry.js';

export async function startRegistry(
  t: ExecutionContext,
  options: { readonly isTls?: boolean } = {},
): Promise<FakeRegistry> {
  const registry = await startFakeRegistry(options);
  t.teardown(() => registry.close());
  return registry;
}

/** `GET /v2/...` of every request but the look whether the registry speaks http. */
export function asked(registry: FakeRegistry): string[] {
  return registry.requests.filter(({ url }) => url !== '/v2/').map(({ method, url }) => `${method} ${url}`);
}
