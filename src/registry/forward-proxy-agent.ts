// Plain http through a plain http proxy: the request line carries the whole URL (RFC 9112 section 3.2.2). Tunnels are
// not used for it because proxies commonly allow CONNECT to TLS ports only.
import { Agent, type AgentOptions, type ClientRequest, type RequestOptions } from 'node:http';

declare module 'http' {
  interface Agent {
    /** Called by ClientRequest before any header is built; the hook every agent library relies on. */
    addRequest(request: ClientRequest, options: RequestOptions): void;
  }
}

function basicOf(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** An agent whose connections go to the proxy. One per target origin, so that it only ever serves that origin. */
export class ForwardProxyAgent extends Agent {
  readonly proxy: URL;
  readonly #origin: string;

  constructor(proxy: URL, origin: string, options: AgentOptions) {
    super(options);
    this.proxy = proxy;
    this.#origin = origin;
  }

  override addRequest(request: ClientRequest, options: RequestOptions): void {
    request.path = this.#origin + request.path;
    const credentials = basicOf(this.proxy);
    if (credentials !== undefined) request.setHeader('Proxy-Authorization', credentials);
    const host = this.proxy.hostname.replace(/^\[|\]$/g, '');
    super.addRequest(request, { ...options, host, port: Number(this.proxy.port || 80) });
  }
}
