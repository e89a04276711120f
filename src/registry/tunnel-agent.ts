// TLS through a proxy's CONNECT tunnel. https-proxy-agent uses its own options for the proxy only; this puts ours on
// the inner connection.
import type { ClientRequest } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';

type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1];

/** An agent for https URLs (and for http ones behind an https proxy); `inner` is for the TLS to the target. */
export class TunnelAgent extends HttpsProxyAgent<string> {
  readonly #inner: ConnectionOptions;

  constructor(
    proxy: URL,
    inner: ConnectionOptions,
    options: { readonly keepAlive: boolean; readonly maxSockets: number },
  ) {
    super(proxy.href, options);
    this.#inner = inner;
  }

  override connect(
    request: ClientRequest,
    options: ConnectOptions,
  ): ReturnType<HttpsProxyAgent<string>['connect']> {
    return super.connect(request, options.secureEndpoint ? Object.assign(options, this.#inner) : options);
  }
}
