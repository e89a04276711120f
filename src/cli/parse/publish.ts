// `-p [[IP:]HOST[-HOST]:]PORT[-PORT][/PROTOCOL]` and `--expose PORT[-PORT][/PROTOCOL]` (docker/go-connections nat).
import { TsbuildError } from '../../core/errors.js';
import type { PublishedPort } from '../../index.js';

const PROTOCOLS = ['tcp', 'udp'];
const HIGHEST = 65_535;

interface Range {
  readonly first: number;
  readonly last: number;
}

/** One for each port of the container; an empty address stands for all of them. @throws TsbuildError OPTION_INVALID */
export function parsePublish(text: string): readonly PublishedPort[] {
  if (/(^|,)(target|published|mode|protocol)=/.test(text)) return longForm(text);
  const { ports, protocol } = splitProtocol(text);
  const parts = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(?:([^:]*):)?([^:]*)$/.exec(ports);
  if (!parts) throw invalid(`invalid publish opts format (should be name=value but got '${text}')`);
  const [address, host, container] = placesOf(parts);
  const range = rangeOf(container, `invalid containerPort: ${container}`);
  const hostRange = host === '' ? undefined : rangeOf(host, `invalid hostPort: ${host}`);
  const hostIp = address === '' ? '' : addressOf(address);
  return requestsOf({ range, hostRange, hostIp, protocol, text });
}

/** With one colon the first place is a host port, or the address when it is none. */
function placesOf([, first, second, container = '']: RegExpExecArray): readonly [string, string, string] {
  if (first === undefined) return ['', '', container];
  return second === undefined ? ['', first, container] : [first, second, container];
}

function longForm(text: string): readonly PublishedPort[] {
  const pairs = new Map(
    text.split(',').map((field) => {
      const equals = field.indexOf('=');
      if (equals < 0) throw invalid(`invalid field ${field}`);
      return [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)];
    }),
  );
  for (const key of pairs.keys())
    if (!['target', 'published', 'mode', 'protocol'].includes(key)) throw invalid(`invalid field key ${key}`);
  const target = pairs.get('target') ?? '';
  if (target === '') throw invalid(`missing mandatory field 'target'`);
  const published = pairs.get('published');
  return parsePublish(`${published ? `${published}:` : ''}${target}/${pairs.get('protocol') ?? 'tcp'}`);
}

function requestsOf({
  range,
  hostRange,
  hostIp,
  protocol,
  text,
}: {
  readonly range: Range;
  readonly hostRange: Range | undefined;
  readonly hostIp: string;
  readonly protocol: PublishedPort['protocol'];
  readonly text: string;
}): readonly PublishedPort[] {
  const [count, hosts] = [lengthOf(range), hostRange === undefined ? 0 : lengthOf(hostRange)];
  if (hosts > 0 && hosts !== count && count !== 1)
    throw invalid(`invalid ranges specified for container and host Ports: ${text}`);
  return Array.from({ length: count }, (_, index) => ({
    hostIp,
    hostPort: hostRange === undefined ? 0 : hostRange.first + index,
    ...(hosts > 1 && count === 1 && { hostPortLast: hostRange!.last }),
    containerPort: range.first + index,
    protocol,
  }));
}

/** As `80/tcp`, one text a port. @throws TsbuildError OPTION_INVALID */
export function parseExpose(text: string): readonly string[] {
  if (text.includes(':'))
    throw invalid(`invalid port format for --expose: ${text}`, 'write --expose 80 or --expose 7000-7010/udp');
  const { ports, protocol } = splitProtocol(text);
  const range = rangeOf(ports, `invalid range format for --expose: ${text}`);
  return Array.from({ length: lengthOf(range) }, (_, index) => `${range.first + index}/${protocol}`);
}

function splitProtocol(text: string): {
  readonly ports: string;
  readonly protocol: PublishedPort['protocol'];
} {
  const [ports = '', given = 'tcp', ...more] = text.split('/');
  const protocol = given.toLowerCase();
  if (ports === '') throw invalid(`no port specified: ${text}<empty>`);
  if (protocol === 'sctp')
    throw new TsbuildError('OPTION_UNSUPPORTED', 'ports of sctp cannot be published', {
      hint: 'use tcp or udp',
    });
  if (more.length > 0 || !PROTOCOLS.includes(protocol)) throw invalid(`invalid proto: ${given}`);
  return { ports, protocol: protocol as PublishedPort['protocol'] };
}

function rangeOf(text: string, fault: string): Range {
  const [, start = '', end = start] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [Number(start), Number(end)];
  if (start === '' || first > last || last > HIGHEST) throw invalid(fault);
  return { first, last };
}

function lengthOf({ first, last }: Range): number {
  return last - first + 1;
}

function addressOf(text: string): string {
  const ip = text.replace(/^\[(.*)\]$/, '$1');
  // Not imported: only a command with this option needs it.
  if (process.getBuiltinModule('node:net').isIP(ip) !== 0) return ip;
  throw invalid(`invalid IP address: ${ip}`);
}

function invalid(
  message: string,
  hint = 'write -p 8080:80, -p 127.0.0.1:8080:80 or -p 53:53/udp',
): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message, { hint });
}
