// The table of commands: `run`, `help` and docs/cli.md are made from it.
import type { CommandRow } from './command-row.js';
import { CONTAINER_COMMANDS } from './container-command-table.js';

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
    name: 'tree',
    usage: 'tree [OPTIONS] IMAGE [PATH]',
    summary: 'Show what makes an image large',
    introduction: `Shows the directories of an image with their sizes, or those below PATH; with --layers what each layer
changed, with --wasted the bytes that no container can see. IMAGE is a name or an id in the store, or a reference to a
registry. What is smaller than a hundredth of the whole is summed up.`,
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
  ...CONTAINER_COMMANDS,
  {
    name: 'builds',
    usage: 'builds [OPTIONS]',
    summary: 'List the last builds',
    introduction: `Lists the builds whose logs are kept in the store, the last one first: when each began, how long it took,
what it was of and what came of it. The last hundred are kept.`,
  },
  {
    name: 'report',
    usage: 'report [OPTIONS] [ID]',
    summary: 'Write a page about a build',
    introduction: `Writes a page of HTML about a build whose log is kept: its stages and steps with their times, its layers and
files, warnings, and what was pushed. ID is that of tsbuild builds, or its beginning; default the last build.`,
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
    name: 'debug',
    usage: 'debug [OPTIONS] [BUILD] [-- COMMAND [ARG…]]',
    summary: 'Open a shell in the step of a build that failed',
    introduction: `Opens a shell where a RUN failed, with its user, variables, directory, mounts and network. BUILD is an
id of tsbuild builds, default the last build. The files are those from before the command; nothing is built.
COMMAND is started instead of a shell. Ends with its exit status.`,
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
