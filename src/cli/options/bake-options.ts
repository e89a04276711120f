// The options of `bake` and `init`. Names and meanings are those of `docker buildx bake`.
import { flag, list, value, type CommandName, type OptionSpec } from '../option-spec.js';
import { PROGRESS_MODES } from './build-options.js';

const BAKE: readonly CommandName[] = ['bake'];
const INIT: readonly CommandName[] = ['init'];

export const BAKE_OPTIONS = [
  list('file', 'FILE', 'File that defines targets; several are merged in their order', {
    alias: 'f',
    group: 'Inputs',
    use: 'cli',
    commands: BAKE,
    example: 'docker-bake.hcl',
  }),
  list('set', 'TARGET.KEY=VALUE', 'Override an attribute of a target; TARGET may be a pattern', {
    group: 'Inputs',
    use: 'cli',
    commands: BAKE,
    example: "'*.args.VERSION=2'",
  }),
  list('var', 'NAME=VALUE', 'Value of a variable of the file', {
    group: 'Inputs',
    use: 'cli',
    commands: BAKE,
    example: 'TAG=1.2',
  }),
  list('allow', 'ENTITLEMENT', 'Grant network.host or security.insecure to targets that ask for it', {
    group: 'Inputs',
    use: 'cli',
    commands: BAKE,
    example: 'network.host',
  }),
  flag('pull', 'Resolve the tags of base images again', { group: 'Inputs', use: 'cli', commands: BAKE }),
  flag('push', 'Push the images of all targets', { group: 'Output', use: 'cli', commands: BAKE }),
  flag('load', 'Load the images of all targets into the first engine that answers', {
    group: 'Output',
    use: 'cli',
    commands: BAKE,
  }),
  value('provenance', 'true|false|mode=min|max', 'Say beside the images how they were built (SLSA)', {
    group: 'Output',
    use: 'cli',
    commands: BAKE,
    bare: 'true',
    example: 'mode=min',
  }),
  value('sbom', 'true|false', 'Say beside the images which packages they hold (SPDX)', {
    group: 'Output',
    use: 'cli',
    commands: BAKE,
    bare: 'true',
    example: 'true',
  }),
  value('metadata-file', 'FILE', 'Write the results as JSON to this file, by target', {
    group: 'Output',
    use: 'cli',
    commands: BAKE,
    example: 'result.json',
  }),
  flag('no-cache', 'Do not use the cache', { group: 'Cache', use: 'cli', commands: BAKE }),
  flag('print', 'Print the targets as JSON in place of building them', {
    group: 'Display',
    use: 'cli',
    commands: BAKE,
  }),
  value('list', 'targets|variables', 'List what the file defines; type=targets,format=json for programs', {
    group: 'Display',
    use: 'cli',
    commands: BAKE,
    example: 'targets',
  }),
  flag('check', 'Run the build checks in place of the builds', {
    group: 'Display',
    use: 'cli',
    commands: BAKE,
  }),
  value('call', 'build|check[,format=FORMAT]', 'What to do with the Dockerfiles', {
    group: 'Display',
    use: 'cli',
    commands: BAKE,
    default: 'build',
    example: 'check',
  }),
  value('progress', 'MODE', 'How progress is shown: auto, plain, tty, quiet, none, rawjson', {
    group: 'Display',
    use: 'cli',
    commands: BAKE,
    choices: PROGRESS_MODES,
    default: 'auto',
    env: 'BUILDKIT_PROGRESS',
    example: 'plain',
  }),
  flag('force', 'Write over files that are there', { group: 'Output', use: 'cli', commands: INIT }),
  flag('stdout', 'Print the Dockerfile in place of writing files', {
    group: 'Output',
    use: 'cli',
    commands: INIT,
  }),
] as const satisfies readonly OptionSpec[];
