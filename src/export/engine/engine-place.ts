// Where a container engine may be reached, and how a text such as DOCKER_HOST says it. Pure.
import { TsbuildError } from '../../core/errors.js';

export type EngineName = 'docker' | 'podman' | 'nerdctl';

/** Certificates in PEM. */
export interface EngineTls {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

export type EnginePlace =
  /** An HTTP API on a socket of this machine. `label` is how it is called in messages. */
  | { readonly kind: 'socket'; readonly label: string; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly label: string;
      readonly host: string;
      readonly port: number;
      readonly tls?: EngineTls;
    }
  /** A command that reads an archive on its standard input. */
  | {
      readonly kind: 'command';
      readonly label: string;
      readonly program: EngineName;
      readonly env: Readonly<Record<string, string>>;
    };

/** A place that can be asked. */
export type ApiPlace = Exclude<EnginePlace, { kind: 'command' }>;

export interface HostText {
  /** As `unix:///run/docker.sock`, `tcp://host:2376`, `ssh://user@host`. */
  readonly host: string;
  /** Which setting says so, for messages: `DOCKER_HOST`, `the docker context remote`. */
  readonly from: string;
  readonly tls?: EngineTls | undefined;
}

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** @throws TsbuildError ENGINE_UNREACHABLE for what is no address of an engine */
export function parseEngineHost({ host, from, tls }: HostText): EnginePlace {
  const label = `${host} (${from})`;
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/.exec(host) ?? [];
  if (scheme === 'unix' && rest.startsWith('/')) return { kind: 'socket', label, path: rest };
  if (scheme === 'ssh')
    // docker itself knows keys, agents and jump hosts of ssh.
    return { kind: 'command', label, program: 'docker', env: { DOCKER_HOST: host } };
  const isHttp = scheme === 'tcp' || scheme === 'http' || scheme === 'https';
  if (!isHttp || !URL.canParse(`http://${rest}`))
    throw new TsbuildError(
      'ENGINE_UNREACHABLE',
      `${from}: ${JSON.stringify(host)} is not the address of an engine`,
      {
        hint: 'write unix:///path, tcp://host:port or ssh://user@host',
      },
    );
  const { hostname, port } = new URL(`http://${rest}`);
  const secure = scheme === 'https' ? (tls ?? {}) : tls;
  return {
    kind: 'tcp',
    label,
    host: hostname.replace(/^\[|\]$/g, ''),
    // 80 is what a URL leaves out.
    port: Number(port || (/:80(?:\/|$)/.test(rest) ? 80 : secure ? TLS_PORT : PLAIN_PORT)),
    ...(secure && { tls: secure }),
  };
}
