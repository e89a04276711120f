// The package ships no types.
declare module 'proxy-from-env' {
  /**
   * The proxy for a URL by the variables of the process (`https_proxy`, `no_proxy`, …); empty when it is to be reached
   * directly.
   */
  export function getProxyForUrl(url: string | URL): string;
}
