// The rows of the commands for containers, volumes and networks.
import type { CommandRow } from './command-row.js';

export const CONTAINER_COMMANDS = [
  {
    name: 'run',
    usage: 'run [OPTIONS] IMAGE [COMMAND [ARG…]]',
    summary: 'Run a command in a container of an image',
    introduction: `Creates a container of an image and starts it. Options stand before IMAGE; what stands behind it is the
command. In the foreground it ends with the exit status of the container: 125 when tsbuild itself failed,
126 or 127 when the command could not be started, 128 and the number of a signal that ended it.`,
    areOptionsFirst: true,
  },
  {
    name: 'create',
    usage: 'create [OPTIONS] IMAGE [COMMAND [ARG…]]',
    summary: 'Create a container without starting it',
    introduction: `Creates a container as run does and prints its id. tsbuild start starts it.`,
    areOptionsFirst: true,
  },
  {
    name: 'ps',
    usage: 'ps [OPTIONS]',
    summary: 'List containers',
    introduction: `Lists the containers that run, the youngest first.`,
  },
  {
    name: 'logs',
    usage: 'logs [OPTIONS] CONTAINER',
    summary: 'Print what a container has written',
    introduction: `Prints what a container has written to its outputs, each to the same one here. CONTAINER is a name, an id,
or the beginning of an id, as in all these commands.`,
  },
  {
    name: 'attach',
    usage: 'attach [OPTIONS] CONTAINER',
    summary: 'Connect to the input and outputs of a running container',
    introduction: `Connects to the input and outputs of a running container until it ends, or until the keys ctrl-p ctrl-q
are pressed on a terminal. Ends with the exit status of the container.`,
  },
  {
    name: 'exec',
    usage: 'exec [OPTIONS] CONTAINER COMMAND [ARG…]',
    summary: 'Run a further command in a running container',
    introduction: `Runs a further command in a running container and ends with its exit status.`,
    areOptionsFirst: true,
  },
  {
    name: 'start',
    usage: 'start [OPTIONS] CONTAINER…',
    summary: 'Start containers that were created or have ended',
    introduction: `Starts containers that were created or have ended. They keep what they have changed.`,
  },
  {
    name: 'stop',
    usage: 'stop [OPTIONS] CONTAINER…',
    summary: 'Stop running containers',
    introduction: `Sends running containers their stop signal, and kills them when they do not end in time.`,
  },
  {
    name: 'restart',
    usage: 'restart [OPTIONS] CONTAINER…',
    summary: 'Stop containers and start them again',
    introduction: `Stops containers and starts them again.`,
  },
  {
    name: 'kill',
    usage: 'kill [OPTIONS] CONTAINER…',
    summary: 'Send running containers a signal',
    introduction: `Sends the first process of running containers a signal; by default the one that ends it at once.`,
  },
  {
    name: 'wait',
    usage: 'wait CONTAINER…',
    summary: 'Wait for the end of containers',
    introduction: `Waits for the end of each container and prints its exit status. Of one that has ended it is printed at
once.`,
  },
  {
    name: 'rm',
    usage: 'rm [OPTIONS] CONTAINER…',
    summary: 'Remove containers',
    introduction: `Removes containers with their changes and their logs. Named volumes stay.`,
  },
  {
    name: 'rename',
    usage: 'rename CONTAINER NAME',
    summary: 'Give a container another name',
    introduction: `Gives a container another name.`,
  },
  {
    name: 'port',
    usage: 'port CONTAINER [PORT[/PROTOCOL]]',
    summary: 'List the published ports of a container',
    introduction: `Lists the published ports of a running container, or the addresses of one of them.`,
  },
  {
    name: 'top',
    usage: 'top CONTAINER',
    summary: 'List the processes of a container',
    introduction: `Lists the processes of a running container, with their numbers on this machine.`,
  },
  {
    name: 'stats',
    usage: 'stats [OPTIONS] [CONTAINER...]',
    summary: 'Show what containers use of this machine',
    introduction: `Shows processor, memory, network and disk of the running containers, each second until it is interrupted. It counts by the
control group of a container that has limits, else by its processes, which it says.`,
  },
  {
    name: 'events',
    usage: 'events [OPTIONS]',
    summary: 'Print what happens to containers',
    introduction: `Prints what happens to containers, a line each, until it is interrupted; with --until up to that time.`,
  },
  {
    name: 'cp',
    usage: 'cp [OPTIONS] CONTAINER:PATH PATH|- | PATH|- CONTAINER:PATH',
    summary: 'Copy files between a container and this machine',
    introduction: `Copies files and directories between a container, running or not, and this machine. - is a tar archive.`,
  },
  {
    name: 'diff',
    usage: 'diff [OPTIONS] CONTAINER | IMAGE IMAGE',
    summary: 'List what a container has changed, or how two images differ',
    introduction: `Lists the paths that a container has added (A), changed (C) or deleted (D). Of two images it lists how
the files, the config and the layers of the second differ from those of the first. IMAGE is a name or an id in the
store, or a reference to a registry. Times are not compared.`,
  },
  {
    name: 'commit',
    usage: 'commit [OPTIONS] CONTAINER [NAME[:TAG]]',
    summary: 'Make an image of what a container has changed',
    introduction: `Makes an image of a container: its image, and what it has changed as one more layer.`,
  },
  {
    name: 'export',
    usage: 'export [OPTIONS] CONTAINER',
    summary: 'Write the files of a container as a tar archive',
    introduction: `Writes the files of a container as a tar archive.`,
  },
  {
    name: 'volume create',
    usage: 'volume create [OPTIONS] [NAME]',
    summary: 'Create a volume',
    introduction: `Creates a volume and prints its name. One that is there already stays as it is.`,
  },
  {
    name: 'volume ls',
    usage: 'volume ls [OPTIONS]',
    summary: 'List volumes',
    introduction: `Lists the volumes.`,
  },
  {
    name: 'volume inspect',
    usage: 'volume inspect NAME…',
    summary: 'Print all that is known of volumes',
    introduction: `Prints what is known of volumes as JSON.`,
  },
  {
    name: 'volume rm',
    usage: 'volume rm [OPTIONS] NAME…',
    summary: 'Remove volumes',
    introduction: `Removes volumes with their content. One that a container uses stays.`,
  },
  {
    name: 'volume prune',
    usage: 'volume prune [OPTIONS]',
    summary: 'Remove volumes that no container uses',
    introduction: `Removes volumes without a name that no container uses; with --all those with a name too.`,
  },
  {
    name: 'network create',
    usage: 'network create [OPTIONS] NAME',
    summary: 'Create a network',
    introduction: `Creates a network, in which containers reach each other by their names, and prints its id.`,
  },
  {
    name: 'network ls',
    usage: 'network ls [OPTIONS]',
    summary: 'List networks',
    introduction: `Lists the networks.`,
  },
  {
    name: 'network inspect',
    usage: 'network inspect NAME…',
    summary: 'Print all that is known of networks',
    introduction: `Prints what is known of networks, and of the containers in them, as JSON.`,
  },
  {
    name: 'network rm',
    usage: 'network rm [OPTIONS] NAME…',
    summary: 'Remove networks',
    introduction: `Removes networks. One that a running container is in stays.`,
  },
  {
    name: 'network connect',
    usage: 'network connect [OPTIONS] NETWORK CONTAINER',
    summary: 'Put a container into a network',
    introduction: `Puts a container into a further network, also while it runs.`,
  },
  {
    name: 'network disconnect',
    usage: 'network disconnect [OPTIONS] NETWORK CONTAINER',
    summary: 'Take a container out of a network',
    introduction: `Takes a container out of a network, also while it runs.`,
  },
  {
    name: 'network prune',
    usage: 'network prune [OPTIONS]',
    summary: 'Remove networks without containers',
    introduction: `Removes networks that no container is in.`,
  },
] as const satisfies readonly CommandRow[];
