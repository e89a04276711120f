// How a command is connected that names a network or leaves it to the sandbox.
import type { AnyProcess } from '../process-spec.js';
import type { DefaultNetwork } from './default-network.js';
import { stepResolvConf } from './name-resolution.js';

export type Connection = Pick<AnyProcess, 'network' | 'resolvConf'>;

export function connectionOf(named: 'default' | 'none' | 'host', networks: DefaultNetwork): Connection {
  const network = named === 'default' ? networks.ofDefault() : named;
  return { network, resolvConf: stepResolvConf(network, networks.forwarder) };
}
