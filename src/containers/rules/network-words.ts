// Words of users that become lines of /etc/hosts, /etc/hostname and /etc/resolv.conf of a container. None may end its
// line, and none may hold a comment or a second word. Pure.
import { isIP } from 'node:net';
import { TsbuildError } from '../../core/errors.js';
import type { ContainerRequest } from '../container-request.js';

type NetworkWords = Pick<
  ContainerRequest,
  'hostname' | 'domainname' | 'extraHosts' | 'dns' | 'dnsSearch' | 'dnsOptions'
>;

// eslint-disable-next-line no-control-regex -- these are what it is about
const ONE_WORD = /^[^\s#\u0000-\u001f\u007f]+$/;
const DOMAIN = /^(\.|[\w-]+(\.[\w-]+)*\.?)$/;

/** @throws TsbuildError OPTION_INVALID in the words of docker where it has some */
export function requireNetworkWords(request: NetworkWords): void {
  const { hostname, domainname, extraHosts = [], dns = [], dnsSearch = [], dnsOptions = [] } = request;
  requireWords('hostname', [hostname, domainname].filter(Boolean) as string[]);
  requireWords(
    '--add-host',
    extraHosts.flatMap(({ name, address }) => [name, address]),
  );
  requireWords('--dns-option', dnsOptions);
  for (const address of dns)
    if (isIP(address) === 0)
      throw invalid(`${JSON.stringify(address)} is not an ip address`, 'write --dns 192.0.2.1');
  for (const domain of dnsSearch)
    if (!DOMAIN.test(domain))
      throw invalid(`${JSON.stringify(domain)} is not a valid domain`, 'write --dns-search example.com');
}

/** @throws TsbuildError OPTION_INVALID */
export function requireAliases(aliases: readonly string[]): void {
  requireWords('network alias', aliases);
}

function requireWords(what: string, words: readonly string[]): void {
  const wrong = words.find((word) => !ONE_WORD.test(word));
  if (wrong !== undefined)
    throw invalid(`invalid ${what} format: ${JSON.stringify(wrong)}`, 'write one word without blanks');
}

function invalid(message: string, hint: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message, { hint });
}
