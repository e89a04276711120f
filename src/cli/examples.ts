// Examples of commands, by task: `--help` and the man page show them.
import type { CommandName } from './command-table.js';

export interface Example {
  /** What it does: ends a sentence that begins with "To". */
  readonly task: string;
  readonly line: string;
}

export const EXAMPLES: Readonly<Partial<Record<CommandName, readonly Example[]>>> = {
  build: [
    { task: 'build the Dockerfile of this directory', line: 'tsbuild -t app:1 .' },
    {
      task: 'build and push for two platforms',
      line: 'tsbuild --platform linux/amd64,linux/arm64 -t registry.example/app:1 --push .',
    },
    { task: 'give a RUN a password', line: 'tsbuild --secret id=npmrc,src=.npmrc -t app:1 .' },
    { task: 'write an archive', line: 'tsbuild --output type=oci,dest=app.tar .' },
    {
      task: 'share the cache with other machines',
      line: 'tsbuild --cache-from registry.example/cache --cache-to registry.example/cache -t app:1 .',
    },
  ],
  check: [{ task: 'check all Dockerfiles below this directory', line: "tsbuild check '**/Dockerfile*'" }],
  bake: [
    { task: 'build the group default', line: 'tsbuild bake' },
    { task: 'see what would be built', line: 'tsbuild bake --print web' },
    { task: 'push with another tag', line: 'tsbuild bake --var TAG=2 --push' },
    { task: 'override one argument of all targets', line: "tsbuild bake --set '*.args.NODE_VERSION=22'" },
  ],
  init: [{ task: 'look at the Dockerfile first', line: 'tsbuild init --stdout' }],
  tree: [
    { task: 'see which directories are large', line: 'tsbuild tree app:1' },
    { task: 'look into one of them', line: 'tsbuild tree --depth 3 app:1 /usr/lib' },
    { task: 'find bytes that a later layer hides', line: 'tsbuild tree --wasted app:1' },
  ],
  diff: [
    { task: 'see what a container has changed', line: 'tsbuild diff web' },
    { task: 'see why two builds differ', line: 'tsbuild diff app:1 app:2' },
  ],
  push: [{ task: 'push what was built', line: 'tsbuild push registry.example/app:1' }],
  login: [
    {
      task: 'log in without a password on the command line',
      line: 'echo $TOKEN | tsbuild login --password-stdin -u me registry.example',
    },
  ],
  save: [{ task: 'hand two images over in one file', line: 'tsbuild save -o images.tar app:1 web:1' }],
  prune: [{ task: 'keep the store below 10 GB', line: 'tsbuild prune --max-used-space 10gb' }],
};
