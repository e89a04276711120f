// The programs that connect a network namespace without privilege, and what they are told: no way to the host's
// loopback, no port of the host forwarded (pasta(1), slirp4netns(1); podman's and rootlesskit's settings). Pure.

export type NetworkToolName = 'pasta' | 'slirp4netns';

export interface NetworkTool {
  readonly name: NetworkToolName;
  /** Absolute path. */
  readonly program: string;
}

/** Best first: pasta keeps the host's addresses and is faster, slirp4netns is older and everywhere. */
export const NETWORK_TOOLS: readonly NetworkToolName[] = ['pasta', 'slirp4netns'];

/** Package of Debian and of Fedora that has the tool. */
export const PACKAGE_OF: Readonly<Record<NetworkToolName, string>> = {
  pasta: 'passt',
  slirp4netns: 'slirp4netns',
};

/** Address at which a command reaches the host's name servers, also those on the host's loopback. */
export const FORWARDER_OF: Readonly<Record<NetworkToolName, string>> = {
  // Link-local, so that it hides no host of any network (containers/common libnetwork/pasta).
  pasta: '169.254.1.1',
  slirp4netns: '10.0.2.3',
};

/** Descriptor on which the tool says something when the network stands. */
const READY_DESCRIPTOR = 3;

/** Arguments that connect the namespaces of process `pid` and stay in the foreground. */
export function toolArguments(name: NetworkToolName, pid: number): string[] {
  const user = `/proc/${pid}/ns/user`;
  const network = `/proc/${pid}/ns/net`;
  return name === 'pasta' ? pastaArguments(user, network) : slirpArguments(user, network);
}

function pastaArguments(user: string, network: string): string[] {
  const noPorts = ['--tcp-ports', '--udp-ports', '--tcp-ns', '--udp-ns'].flatMap((option) => [
    option,
    'none',
  ]);
  return [
    '--config-net',
    '--foreground',
    '--quiet',
    ...noPorts,
    // Else the gateway's address would lead to the host's loopback.
    '--no-map-gw',
    '--dns-forward',
    FORWARDER_OF.pasta,
    // In the foreground the pid file is written when everything is set up.
    '--pid',
    `/dev/fd/${READY_DESCRIPTOR}`,
    '--userns',
    user,
    '--netns',
    network,
  ];
}

function slirpArguments(user: string, network: string): string[] {
  return [
    '--configure',
    '--mtu=65520',
    '--disable-host-loopback',
    '--enable-sandbox',
    '--enable-seccomp',
    `--ready-fd=${READY_DESCRIPTOR}`,
    `--userns-path=${user}`,
    '--netns-type=path',
    network,
    'tap0',
  ];
}
