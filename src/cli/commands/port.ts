// `tsbuild port CONTAINER [PORT[/PROTOCOL]]`.
import { TsbuildError } from '../../core/errors.js';
import type { ListedPort } from '../../index.js';
import { callOptions } from '../call-options.js';
import type { CliHost } from '../host.js';
import { parseArguments } from '../parse-arguments.js';
import { checkPositionals } from '../positionals.js';
import { runHelp } from './help.js';

/** The exit status. @throws TsbuildError */
export async function runPort(argv: readonly string[], host: CliHost): Promise<number> {
  const args = await parseArguments(argv, 'port', host.env);
  if (args.flag('help')) return runHelp(['port'], host);
  checkPositionals('port', args.positionals, { least: 1, most: 2 });
  const [container = '', wanted] = args.positionals;
  const api = await host.loadApi();
  const ports = await api.containerPorts({ container }, callOptions(host));
  const lines =
    wanted === undefined
      ? ports.map((port) => `${nameOf(port)} -> ${addressOf(port)}`)
      : addressesOf(ports, wanted, container);
  host.print(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

function addressesOf(ports: readonly ListedPort[], wanted: string, container: string): readonly string[] {
  const name = wanted.includes('/') ? wanted.toLowerCase() : `${wanted}/tcp`;
  const found = ports.filter((port) => nameOf(port) === name);
  if (found.length > 0) return found.map(addressOf);
  throw new TsbuildError('OPTION_INVALID', `no public port '${name}' published for ${container}`, {
    hint: `tsbuild port ${container} lists the ports`,
  });
}

function nameOf({ containerPort, protocol }: ListedPort): string {
  return `${containerPort}/${protocol}`;
}

function addressOf({ hostIp = '', hostPort = 0 }: ListedPort): string {
  return hostIp.includes(':') ? `[${hostIp}]:${hostPort}` : `${hostIp}:${hostPort}`;
}
