// EXPOSE arguments as BuildKit reads them (frontend/dockerfile/dockerfile2llb/convert_expose.go):
// `[[ip:]host:]port[-port][/proto]`. Of a host part nothing is kept, but it is checked.
import { TsbuildError } from '../core/errors.js';
import { goQuote } from '../parser/go-quote.js';
import { isIpAddress } from './ip-address.js';

const PROTOCOLS = ['tcp', 'udp', 'sctp'];
const HIGHEST_PORT = 65535;

interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * `80`, `80/udp`, `8000-8002/tcp`, `127.0.0.1:80:80` to single `port/proto` entries.
 * @throws TsbuildError DOCKERFILE_SYNTAX
 */
export function parsePorts(argument: string): string[] {
  const parts = argument.split(':');
  const { ports, proto } = splitProto(parts.pop()!, argument);
  const hostPorts = parts.pop() ?? '';
  refuseAddress(parts.join(':'));
  const range = parseRange(ports);
  if (!range) throw fault(`invalid containerPort: ${ports}`);
  if (hostPorts !== '') refuseHostPorts(hostPorts, ports, range);
  const { first, last } = range;
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${proto}`);
}

function fault(message: string): TsbuildError {
  return new TsbuildError('DOCKERFILE_SYNTAX', message, {
    hint: 'write EXPOSE 80, EXPOSE 53/udp or EXPOSE 8000-8010/tcp',
  });
}

function splitProto(text: string, argument: string): { ports: string; proto: string } {
  const slash = text.indexOf('/');
  const [ports, given] = slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
  const invalid = `invalid port: ${goQuote(argument)}`;
  if (ports === '') throw fault(`${invalid}: no port specified`);
  const proto = (given || 'tcp').toLowerCase();
  if (!PROTOCOLS.includes(proto)) throw fault(`${invalid}: invalid proto: ${given}`);
  return { ports, proto };
}

function refuseAddress(written: string): void {
  if (written === '') return;
  const address = written.startsWith('[') ? withoutBrackets(written) : written;
  if (address !== '' && !isIpAddress(address)) throw fault(`invalid IP address: ${address}`);
}

/** Go's net.SplitHostPort of the address and an empty port. */
function withoutBrackets(written: string): string {
  const end = written.indexOf(']');
  const reason = bracketFault(written, end);
  if (reason === undefined) return written.slice(1, end);
  throw fault(`invalid IP address ${written}: address ${written}:: ${reason} in address`);
}

function bracketFault(written: string, end: number): string | undefined {
  if (end < 0) return "missing ']'";
  if (end + 1 < written.length) return written[end + 1] === ':' ? 'too many colons' : 'missing port';
  return written.includes('[', 1) ? "unexpected '['" : undefined;
}

function refuseHostPorts(text: string, ports: string, { first, last }: Range): void {
  const range = parseRange(text);
  if (!range) throw fault(`invalid hostPort: ${text}`);
  // One port may be served by any of several.
  if (first !== last && range.last - range.first !== last - first)
    throw fault(`invalid ranges specified for container and host Ports: ${ports} and ${text}`);
}

/** `80`, `+80`, `8000-8002`; undefined for anything else. */
function parseRange(text: string): Range | undefined {
  const dash = text.indexOf('-');
  const [start, end] = dash < 0 ? [text, text] : [text.slice(0, dash), text.slice(dash + 1)];
  const [first, last] = [parsePort(start), parsePort(end)];
  return first === undefined || last === undefined || last < first ? undefined : { first, last };
}

function parsePort(text: string): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 0 && port <= HIGHEST_PORT ? Math.abs(port) : undefined;
}
