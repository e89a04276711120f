// `--add-host HOST:IP`, `HOST=IP`, with the address in brackets or not (docker/cli opts/hosts.go).
import { TsbuildError } from '../../core/errors.js';

export interface HostEntry {
  readonly host: string;
  readonly ip: string;
}

/** @throws TsbuildError OPTION_INVALID; OPTION_UNSUPPORTED for `host-gateway`, whose address nobody gives here */
export function parseAddHost(text: string): HostEntry {
  const match = /^([^=:\s]+)[=:](.+)$/.exec(text);
  if (!match) {
    throw new TsbuildError('OPTION_INVALID', `bad format for add-host: ${JSON.stringify(text)}`, {
      hint: 'write --add-host HOST:IP',
    });
  }
  const host = match[1]!;
  const ip = match[2]!.replace(/^\[(.*)\]$/, '$1');
  if (ip === 'host-gateway') {
    throw new TsbuildError('OPTION_UNSUPPORTED', 'unable to derive the IP value for host-gateway', {
      hint: `give the address itself: --add-host ${host}:IP`,
    });
  }
  // Not imported: it is loaded in a build that names a host, and in no other.
  if (process.getBuiltinModule('node:net').isIP(ip) === 0)
    throw new TsbuildError('OPTION_INVALID', `invalid IP address in add-host: ${JSON.stringify(ip)}`);
  return { host, ip };
}
