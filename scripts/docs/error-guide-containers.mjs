// Cause and mend of the codes of containers, volumes and networks, for docs/errors.md.

/** [cause, mend] */
export const CONTAINER_GUIDE = {
  CONTAINER_NOT_FOUND: ['There is no container of that name or id.', '`tsbuild ps -a` lists them.'],
  CONTAINER_NAME_TAKEN: [
    'Another container has that name.',
    'Remove it with `tsbuild rm`, rename it, or choose another name.',
  ],
  CONTAINER_RUNNING: ['What was asked needs a container that has ended.', 'Stop it first, or use `--force`.'],
  CONTAINER_NOT_RUNNING: ['What was asked needs a running container.', 'Start it: `tsbuild start NAME`.'],
  CONTAINER_NOT_STARTED: [
    'The command of a container cannot be started. The exit status is 126 for one that cannot be executed, 127 for one that is not there.',
    'Check the command, its user and its directory against the image.',
  ],
  CONTAINER_MOUNT: [
    'A mount of a container cannot be made.',
    'Check the source and the target of the mount.',
  ],
  NETWORK_NOT_FOUND: ['There is no network of that name or id.', '`tsbuild network ls` lists them.'],
  NETWORK_NAME_TAKEN: [
    'Another network has that name.',
    'Remove it with `tsbuild network rm`, or choose another name.',
  ],
  NETWORK_IN_USE: [
    'Containers are on the network, or it is one of those that always exist.',
    'Disconnect them with `tsbuild network disconnect`, or stop them.',
  ],
  NETWORK_ADDRESS: [
    'An address or a subnet is taken, is outside of its network, or none is left.',
    'Choose another one, or let tsbuild choose: leave `--ip` or `--subnet` out.',
  ],
  PORT_TAKEN: [
    'A port of the host cannot be published: something listens on it, the address is none of the host, or the user may not listen there.',
    'Publish another port, or end what listens there (`ss -lntp`).',
  ],
  VOLUME_NOT_FOUND: ['There is no volume of that name.', '`tsbuild volume ls` lists them.'],
  VOLUME_IN_USE: [
    'A container uses the volume, whether it runs or not.',
    'Remove the container first: the message names it.',
  ],
};
