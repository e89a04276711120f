// A connection that fails on the way through a proxy fails at the proxy: it is named.
import type { Agent } from 'node:http';
import { errnoOf } from '../core/errno.js';
import type { TsbuildError } from '../core/errors.js';

/** Failures of connecting; behind a tunnel the others are of the server. */
const CONNECTING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The same failure, with the proxy that the agent connects to and the variables that name it. */
export function throughProxy(error: TsbuildError, agent: Agent): TsbuildError {
  const proxy = 'proxy' in agent && agent.proxy instanceof URL ? agent.proxy : undefined;
  if (!proxy || !CONNECTING.has(errnoOf(error.cause) ?? '')) return error;
  return error.with({
    message: `${error.message}, by the proxy ${proxy.host}`,
    hint: `check that the proxy ${proxy.host} is up, or change https_proxy, http_proxy and no_proxy`,
  });
}
