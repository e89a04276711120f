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
] as const satisfies readonly CommandRow[];

export type CommandName = (typeof COMMANDS)[number]['name'];

/** The row of a command; undefined for a word that is none. */
export function findCommand(name: string): (typeof COMMANDS)[number] | undefined {
  return COMMANDS.find((row) => row.name === name);
}
