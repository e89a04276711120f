// The table of commands: `run`, `help` and docs/cli.md are made from it.

export interface CommandRow {
  readonly name: string;
  /** Without `tsbuild`. */
  readonly usage: string;
  /** For the list of commands. */
  readonly summary: string;
  /** Lines of at most 100 columns. */
  readonly introduction: string;
  /** What follows the first word that is no option is no option either. */
  readonly areOptionsFirst?: true;
}

export const COMMANDS = [
  {
    name: 'build',
    usage: '[build] [OPTIONS] PATH | URL | -',
    summary: 'Build an image from a Dockerfile',
    introduction: `Builds an image from a Dockerfile. PATH is the build context: a directory, a git or http(s) URL,
or - for a tar archive or a Dockerfile on standard input.`,
  },
  {
    name: 'check',
    usage: 'check [OPTIONS] [PATH…]',
    summary: 'Run the build checks without building',
    introduction: `Runs the build checks on Dockerfiles without building. PATH is a Dockerfile, a directory that holds
one, or a pattern such as '**/Dockerfile*'; default the current directory. Exits with 1 on findings.`,
  },
  {
    name: 'bake',
    usage: 'bake [OPTIONS] [TARGET…]',
    summary: 'Build several images that a file defines',
    introduction: `Builds targets that a file defines, at once: compose.yaml, docker-bake.hcl, docker-bake.json, "tsbuild"
in package.json, tsbuild.config.js (docs/bake.md). TARGET is a target, a group or a pattern; default the group
default.`,
  },
  {
    name: 'init',
    usage: 'init [OPTIONS] [PATH]',
    summary: 'Write a Dockerfile for a JavaScript project',
    introduction: `Writes a Dockerfile and a .dockerignore for the project in PATH, default the current directory: npm,
pnpm, yarn or bun, with or without workspaces; Next, Vite, Nest, or plain Node. Each choice is explained in the file.`,
  },
  {
    name: 'doctor',
    usage: 'doctor [--json]',
    summary: 'Say how this machine isolates a RUN',
    introduction: `Tries every way to isolate a RUN on this machine and says which one a build would use, why the others do
not work, and which command would enable them. Exits with 5 when none works.`,
  },
  {
    name: 'manifest create',
    usage: 'manifest create [OPTIONS] SOURCE…',
    summary: 'Join images of a registry into one, or copy one',
    introduction: `Makes an image index of images that are in a registry, such as the images of several platforms, and
gives it names. SOURCE is a reference, a digest in the repository of the tag, or oci-layout://DIRECTORY[:TAG].
A single index is copied as it is. What the target lacks is copied from where the sources are.`,
  },
  {
    name: 'manifest inspect',
    usage: 'manifest inspect [OPTIONS] NAME',
    summary: 'Show what a registry has under a name',
    introduction: `Prints media type and digest of an image in a registry, and of an index its entries. NAME is a
reference, or oci-layout://DIRECTORY[:TAG|@DIGEST].`,
  },
  {
    name: 'images',
    usage: 'images [OPTIONS] [NAME[:TAG]]',
    summary: 'List the images in the store',
    introduction: `Lists the images in the store that have a name, the youngest first. NAME may be a pattern, such as
'registry.test/team/*'. SIZE is what the layers take in the store.`,
  },
  {
    name: 'tag',
    usage: 'tag SOURCE TARGET…',
    summary: 'Give an image in the store further names',
    introduction: `Gives an image in the store further names. SOURCE is a name, the beginning of an id, or a digest.
A TARGET that stood for another image moves.`,
  },
  {
    name: 'rmi',
    usage: 'rmi [OPTIONS] NAME…',
    summary: 'Remove names of images in the store',
    introduction: `Removes names of images in the store. NAME may be the beginning of an id: then all names of its image go.
Files of images without a name stay until tsbuild prune.`,
  },
  {
    name: 'inspect',
    usage: 'inspect [OPTIONS] NAME…',
    summary: 'Print all that is known of containers and images',
    introduction: `Prints what is known of containers, and of images in the store, as JSON, with the members of docker inspect.
A name that both have is the container's.`,
  },
  {
    name: 'history',
    usage: 'history [OPTIONS] NAME',
    summary: 'List the steps an image in the store was made of',
    introduction: `Lists the steps an image in the store was made of, the last one first. SIZE is what the layer takes in
the store.`,
  },
  {
    name: 'pull',
    usage: 'pull [OPTIONS] NAME…',
    summary: 'Bring images of registries into the store',
    introduction: `Brings images of registries into the store and gives them their names there. The registry is always
asked what the name stands for; what is in the store already is not fetched again.`,
  },
  {
    name: 'push',
    usage: 'push [OPTIONS] NAME…',
    summary: 'Push images of the store to the registries of their names',
    introduction: `Pushes images of the store to the registries of their names. Layers that were made here are compressed
on the way; all else is pushed byte for byte. Prints the name, the digest and the size of each manifest.`,
  },
  {
    name: 'login',
    usage: 'login [OPTIONS] [REGISTRY]',
    summary: 'Log in to a registry',
    introduction: `Checks a user name and a password, or access token, with a registry, and keeps them where docker and
podman find them. REGISTRY is a host with an optional port; default docker.io.`,
  },
  {
    name: 'logout',
    usage: 'logout [OPTIONS] [REGISTRY]',
    summary: 'Log out of a registry',
    introduction: `Removes the credentials of a registry. REGISTRY is a host with an optional port; default docker.io.`,
  },
  {
    name: 'save',
    usage: 'save [OPTIONS] IMAGE [IMAGE…]',
    summary: 'Write images of the store to an archive',
    introduction: `Writes images to an archive that docker, podman, containerd and skopeo read. IMAGE is a name, an id or a
digest. Layers that several images share are written once.`,
  },
  {
    name: 'load',
    usage: 'load [OPTIONS]',
    summary: 'Read images from an archive into the store',
    introduction: `Reads what docker save, podman save, skopeo copy and tsbuild save wrote: an archive, compressed with gzip,
zstd, xz or bzip2 or not at all, or a directory. Nothing gets a name before all of it was verified.`,
  },
  {
    name: 'du',
    usage: 'du [OPTIONS]',
    summary: 'Show what the store holds',
    introduction: `Shows the disk space of the store by class: images, build cache, cache mounts, base images, compressed
copies, unpacked layers, downloads. RECLAIMABLE is what prune --all would free.`,
  },
  {
    name: 'prune',
    usage: 'prune [OPTIONS]',
    summary: 'Free disk space of the store',
    introduction: `Deletes cache that no image and no last build of a Dockerfile needs; with --all, a filter or a limit, all
that no image name holds. What a running build uses stays. Asks first on a terminal.`,
  },
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
    usage: 'diff CONTAINER',
    summary: 'List what a container has changed',
    introduction: `Lists the paths that a container has added (A), changed (C) or deleted (D).`,
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
  {
    name: 'builds',
    usage: 'builds [OPTIONS]',
    summary: 'List the last builds',
    introduction: `Lists the builds whose logs are kept in the store, the last one first: when each began, how long it took,
what it was of and what came of it. The last hundred are kept.`,
  },
  {
    name: 'why',
    usage: 'why [OPTIONS] [STEP]',
    summary: 'Say why steps of a build ran',
    introduction: `Says for each step of a build why it ran, which file, argument or base had changed, or which cache had
it. STEP is a part of its name, such as 'RUN npm ci' or '[build 2/3]'; default all. The build is the last one,
or that of --build.`,
  },
  {
    name: 'completion',
    usage: 'completion bash|zsh|fish',
    summary: 'Print the completion script of a shell',
    introduction: `Prints a script by which a shell completes commands, options, values and names of images. For bash:
source <(tsbuild completion bash); for fish: tsbuild completion fish | source.`,
  },
] as const satisfies readonly CommandRow[];

export type CommandName = (typeof COMMANDS)[number]['name'];

/** The row of a command; undefined for a word that is none. */
export function findCommand(name: string): (CommandRow & { readonly name: CommandName }) | undefined {
  return COMMANDS.find((row) => row.name === name);
}
