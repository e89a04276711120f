// The table of commands: `run`, `help` and docs/cli.md are made from it.

export interface CommandRow {
  readonly name: string;
  /** Without `tsbuild`. */
  readonly usage: string;
  /** For the list of commands. */
  readonly summary: string;
  /** Lines of at most 100 columns. */
  readonly introduction: string;
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
    name: 'doctor',
    usage: 'doctor [--json]',
    summary: 'Say how this machine isolates a RUN',
    introduction: `Tries every way to isolate a RUN on this machine and says which one a build would use, why the others do
not work, and which command would enable them. Exits with 5 when none works.`,
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
] as const satisfies readonly CommandRow[];

export type CommandName = (typeof COMMANDS)[number]['name'];

/** The row of a command; undefined for a word that is none. */
export function findCommand(name: string): (typeof COMMANDS)[number] | undefined {
  return COMMANDS.find((row) => row.name === name);
}
