// EXPOSE arguments as docker's nat package reads them.
import { TsbuildError, type SourceLocation } from '../core/errors.js';

const PROTOCOLS = ['tcp', 'udp', 'sctp'];

/** `80`, `80/udp`, `8000-8002/tcp`, `127.0.0.1:80:80` to single `port/proto` entries. */
export function parsePorts(argument: string, location: SourceLocation): string[] {
  const fail = (message: string) => new TsbuildError('DOCKERFILE_SYNTAX', message, { location });
  const [ports = '', protocol = 'tcp', ...more] = argument.split('/');
  const proto = (protocol || 'tcp').toLowerCase();
  if (more.length > 0 || !PROTOCOLS.includes(proto))
    throw fail(`invalid proto: ${argument.slice(ports.length + 1)}`);
  const container = ports.slice(ports.lastIndexOf(':') + 1);
  if (container === '') throw fail(`no port specified: ${argument}`);
  const range = /^(\d+)(?:-(\d+))?$/.exec(container);
  const first = Number(range?.[1]);
  const last = Number(range?.[2] ?? range?.[1]);
  if (!range || first > 65535 || last > 65535 || last < first)
    throw fail(`invalid containerPort: ${container}`);
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${proto}`);
}
