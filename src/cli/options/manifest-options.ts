// The options of `manifest create` and `manifest inspect`. Names and meanings are those of `docker buildx imagetools`.
import { flag, list, value, type CommandName, type OptionSpec } from '../option-spec.js';
import { PROGRESS_MODES } from './build-options.js';

const CREATE: readonly CommandName[] = ['manifest create'];
const INSPECT: readonly CommandName[] = ['manifest inspect'];

export const MANIFEST_OPTIONS = [
  list('tag', 'NAME[:TAG]', 'Name of the result', {
    alias: 't',
    group: 'Image',
    use: 'cli',
    commands: CREATE,
    example: 'registry.example/app:1',
  }),
  list('annotation', 'TYPE[PLATFORM]:KEY=VALUE', 'OCI annotation; type index or manifest-descriptor', {
    group: 'Image',
    use: 'cli',
    commands: CREATE,
    example: 'index:org.opencontainers.image.title=App',
  }),
  list('platform', 'PLATFORM[,PLATFORM]', 'Keep only the images for these platforms', {
    group: 'Image',
    use: 'cli',
    commands: CREATE,
    example: 'linux/arm64',
  }),
  flag('append', 'Add to what the first tag stands for', { group: 'Image', use: 'cli', commands: CREATE }),
  flag('prefer-index', 'Make an index of a single image; with =false the image stays as it is', {
    group: 'Image',
    use: 'cli',
    commands: CREATE,
  }),
  list('file', 'FILE', 'File that holds a source: a descriptor as JSON, a digest or a reference', {
    alias: 'f',
    group: 'Inputs',
    use: 'cli',
    commands: CREATE,
    example: 'descriptor.json',
  }),
  value('metadata-file', 'FILE', 'Write the result as JSON to this file', {
    group: 'Output',
    use: 'cli',
    commands: CREATE,
    example: 'result.json',
  }),
  flag('dry-run', 'Print the result in place of pushing it', {
    group: 'Output',
    use: 'cli',
    commands: CREATE,
  }),
  value('progress', 'MODE', 'How progress is shown: auto, plain, tty, quiet, none, rawjson', {
    group: 'Display',
    use: 'cli',
    commands: CREATE,
    choices: PROGRESS_MODES,
    default: 'auto',
    env: 'BUILDKIT_PROGRESS',
    example: 'plain',
  }),
  value('format', 'TEMPLATE', 'Go template for .Name, .Manifest, .Image, .Provenance and .SBOM', {
    group: 'Display',
    use: 'cli',
    commands: INSPECT,
    example: "'{{json .Manifest}}'",
  }),
  flag('raw', 'Print the manifest byte for byte', { group: 'Display', use: 'cli', commands: INSPECT }),
] as const satisfies readonly OptionSpec[];
