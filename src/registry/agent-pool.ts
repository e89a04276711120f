// Keep-alive agents, one per origin: its TLS settings, its proxy, its limit of connections.
// Invariant: an agent never serves two origins, so a connection made with one origin's certificates is never used for
// another.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { TsbuildError } from '../core/errors.js';
import type { Certificates } from './certificates.js';
import { guardedLookup, isListedHost, isLoopbackHost } from './host-kind.js';
import { withLateWriteErrors } from './late-write-errors.js';

export interface AgentPoolOptions {
  readonly certificates: Certificates;
  /** Registries whose certificates are not checked, as RegistryOptions lists them. */
  readonly insecureHosts: readonly string[];
  /** The proxy for a URL, or the empty text. */
  readonly proxyFor: (url: string) => string;
  readonly maxSockets: number;
}

export interface AgentPool {
  /** `isGuarded`: the host was named by a server, so its name must not stand for a link-local address. */
  agentFor(url: URL, options: { readonly isGuarded: boolean }): Promise<HttpAgent>;
  /** Closes every connection, in use or not. The pool may be used again afterwards. */
  dispose(): void;
}

function parseProxy(text: string): URL {
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  throw new TsbuildError('OPTION_INVALID', 'the proxy of the environment is not an http or https URL', {
    hint: 'check the variables http_proxy, https_proxy and all_proxy',
  });
}

export function createAgentPool(options: AgentPoolOptions): AgentPool {
  const agents = new Map<string, Promise<HttpAgent>>();
  const base = { keepAlive: true, maxSockets: options.maxSockets } as const;

  const tlsFor = async (url: URL): Promise<ConnectionOptions> => {
    const secureContext = await options.certificates.contextFor(url.host);
    const isUnchecked = isListedHost(url, options.insecureHosts);
    return { ...(secureContext && { secureContext }), ...(isUnchecked && { rejectUnauthorized: false }) };
  };
  const viaProxy = async (url: URL, proxy: URL): Promise<HttpAgent> => {
    if (url.protocol === 'http:' && proxy.protocol === 'http:') {
      const { ForwardProxyAgent } = await import('./forward-proxy-agent.js');
      return withLateWriteErrors(new ForwardProxyAgent(proxy, url.origin, base));
    }
    const { TunnelAgent } = await import('./tunnel-agent.js');
    return new TunnelAgent(proxy, url.protocol === 'https:' ? await tlsFor(url) : {}, base);
  };
  const create = async (url: URL, isGuarded: boolean): Promise<HttpAgent> => {
    const proxy = isLoopbackHost(url.hostname) ? '' : options.proxyFor(url.href);
    if (proxy !== '') return viaProxy(url, parseProxy(proxy));
    const direct = { ...base, ...(isGuarded && { lookup: guardedLookup }) };
    return withLateWriteErrors(
      url.protocol === 'https:'
        ? new HttpsAgent({ ...direct, ...(await tlsFor(url)) })
        : new HttpAgent(direct),
    );
  };

  return {
    agentFor(url, { isGuarded }) {
      const key = `${isGuarded ? 'guarded' : 'direct'} ${url.origin}`;
      const known = agents.get(key);
      if (known) return known;
      const agent = create(url, isGuarded);
      agents.set(key, agent);
      return agent;
    },
    dispose() {
      for (const agent of agents.values()) {
        agent.then(
          (made) => made.destroy(),
          () => undefined,
        );
      }
      agents.clear();
    },
  };
}
