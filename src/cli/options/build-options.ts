// The options of `build`, `check` and `doctor`. Names and meanings are those of `docker buildx build`.
import { FINDINGS_FORMATS } from '../parse/call.js';
import { DOCKER_LIMITS } from './docker-limits.js';
import { flag, list, value, type CommandName } from '../option-spec.js';

const BOTH: readonly CommandName[] = ['build', 'check'];
const CHECK: readonly CommandName[] = ['check'];
const DOCTOR: readonly CommandName[] = ['doctor'];

/** As BuildRequest.isolation has them. */
export const ISOLATION_RUNGS = ['auto', 'userns', 'userns-single', 'chroot', 'none'] as const;

/** As BuildRequest.network has them. */
export const NETWORKS = ['default', 'none', 'host', 'pasta', 'slirp4netns'] as const;

export const PROGRESS_MODES = ['auto', 'plain', 'tty', 'quiet', 'none', 'rawjson'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

export const BUILD_OPTIONS = [
  list('tag', 'NAME[:TAG]', 'Name of the image', {
    alias: 't',
    group: 'Image',
    use: 'tags',
    example: 'app:1',
  }),
  value('target', 'STAGE', 'Stage to build; default the last one', {
    group: 'Image',
    use: 'target',
    commands: BOTH,
    example: 'build',
  }),
  list('platform', 'PLATFORM[,PLATFORM]', 'Platforms to build for; several make an image index', {
    group: 'Image',
    use: 'platforms',
    env: 'DOCKER_DEFAULT_PLATFORM',
    example: 'linux/amd64,linux/arm64',
  }),
  list('label', 'KEY=VALUE', 'Label of the image', { group: 'Image', use: 'labels', example: 'team=web' }),
  list('annotation', '[TYPE:]KEY=VALUE', 'OCI annotation; type manifest (default), index, …', {
    group: 'Image',
    use: 'annotations',
    example: 'org.opencontainers.image.title=App',
  }),

  value('file', 'PATH', 'Dockerfile, or - for standard input; default PATH/Dockerfile', {
    alias: 'f',
    group: 'Inputs',
    use: 'dockerfile',
    commands: BOTH,
    example: 'docker/app.Dockerfile',
  }),
  list('build-arg', 'KEY[=VALUE]', 'Value of an ARG; without = the value of the variable of that name', {
    group: 'Inputs',
    use: 'buildArgs',
    commands: BOTH,
    example: 'VERSION=1.2',
  }),
  list(
    'build-context',
    'NAME=VALUE',
    'Named context: directory, docker-image://, oci-layout://, git or http(s) URL',
    {
      group: 'Inputs',
      use: 'buildContexts',
      commands: BOTH,
      example: 'assets=../assets',
    },
  ),
  list('secret', 'id=ID[,src=FILE|env=NAME]', 'Secret for RUN --mount=type=secret', {
    group: 'Inputs',
    use: 'secrets',
    example: 'id=npmrc,src=.npmrc',
  }),
  list('ssh', 'default|ID[=SOCKET|KEY,…]', 'SSH agent or keys for RUN --mount=type=ssh', {
    group: 'Inputs',
    use: 'ssh',
    example: 'default',
  }),
  flag('pull', 'Resolve the tags of base images again', { group: 'Inputs', use: 'pull' }),

  list(
    'output',
    'DEST | type=TYPE[,KEY=VALUE]',
    'Where the result goes: type registry, image, oci, docker, local, tar, cacheonly',
    {
      alias: 'o',
      group: 'Output',
      use: 'outputs',
      example: 'type=oci,dest=app.tar',
    },
  ),
  flag('push', 'Push the image to the registries of its names; the same as --output type=registry', {
    group: 'Output',
    use: 'outputs',
  }),
  value(
    'load',
    'ENGINE',
    'Load the image into docker, podman or nerdctl; alone: into the first that answers',
    {
      group: 'Output',
      use: 'outputs',
      choices: ['any', 'docker', 'podman', 'nerdctl', 'true', 'false'],
      bare: 'any',
      example: 'podman',
    },
  ),
  value('provenance', 'true|false|mode=min|max', 'Say beside the image how it was built (SLSA)', {
    group: 'Output',
    use: 'provenance',
    bare: 'true',
    example: 'mode=min',
  }),
  value('sbom', 'true|false', 'Say beside the image which packages it holds (SPDX)', {
    group: 'Output',
    use: 'isSbomWanted',
    bare: 'true',
    example: 'true',
  }),
  list('attest', 'type=TYPE[,KEY=VALUE]', 'The same two: type provenance or sbom, with attributes', {
    group: 'Output',
    use: 'provenance',
    example: 'type=provenance,mode=max',
  }),
  value('sign', 'key=FILE|key=env://NAME|keyless', 'Sign what is pushed, for cosign and policies to verify', {
    group: 'Output',
    use: 'sign',
    example: 'key=image.key',
  }),
  value('iidfile', 'FILE', 'Write the image id to this file', {
    group: 'Output',
    use: 'iidFile',
    example: 'image.id',
  }),
  value('metadata-file', 'FILE', 'Write the result as JSON to this file', {
    group: 'Output',
    use: 'metadataFile',
    example: 'result.json',
  }),
  flag('no-secret-scan', 'Do not search the made layers for the values of secrets', {
    group: 'Output',
    use: 'isSecretScanOff',
  }),

  flag('no-cache', 'Do not use the cache', { group: 'Cache', use: 'noCache' }),
  list('no-cache-filter', 'STAGE[,STAGE]', 'Stages that do not use the cache', {
    group: 'Cache',
    use: 'noCacheFilter',
    example: 'build,test',
  }),
  list(
    'cache-from',
    'REF | type=TYPE[,KEY=VALUE]',
    'Cache to read besides the local one: type registry, local, s3, gha (docs/cache.md)',
    {
      group: 'Cache',
      use: 'cacheFrom',
      example: 'type=registry,ref=registry.example/app-cache',
    },
  ),
  list(
    'cache-to',
    'REF | type=TYPE[,KEY=VALUE]',
    'Cache to write when the image is made: type registry, inline, local, s3, gha (docs/cache.md)',
    {
      group: 'Cache',
      use: 'cacheTo',
      example: 'type=registry,ref=registry.example/app-cache,mode=max',
    },
  ),

  value(
    'network',
    'default|none|host|TOOL',
    'Network of RUN; a tool, pasta or slirp4netns, must connect it',
    {
      group: 'Steps',
      use: 'network',
      choices: NETWORKS,
      env: 'TSBUILD_NETWORK',
      example: 'none',
    },
  ),
  list('add-host', 'HOST:IP', 'Line in /etc/hosts of RUN', {
    group: 'Steps',
    use: 'addHosts',
    example: 'db.test:10.0.0.2',
  }),
  list('ulimit', 'NAME=SOFT[:HARD]', 'Resource limit of RUN', {
    group: 'Steps',
    use: 'ulimits',
    example: 'nofile=1024:2048',
  }),
  value('shm-size', 'SIZE', 'Size of /dev/shm of RUN, such as 64m', {
    group: 'Steps',
    use: 'shmSizeBytes',
    example: '64m',
  }),
  list(
    'resource',
    'KEY=VALUE',
    'Limit of each RUN: memory, memory-swap, cpu, cpuset-cpus, cpuset-mems, pids, …',
    {
      group: 'Steps',
      use: 'resources',
      example: 'memory=512m',
    },
  ),
  list('allow', 'ENTITLEMENT', 'Allow network.host or security.insecure', {
    group: 'Steps',
    use: 'allow',
    example: 'network.host',
  }),

  value('isolation', 'RUNG', 'Isolation of RUN: auto, userns, userns-single, chroot, none', {
    group: 'Steps',
    use: 'isolation',
    choices: [...ISOLATION_RUNGS, 'default'],
    example: 'userns',
  }),

  value('runtime', 'NAME|PATH', 'OCI runtime that executes RUN: crun, runc, runsc or its path', {
    group: 'Steps',
    use: 'runtime',
    example: 'crun',
  }),

  value('progress', 'MODE', 'How progress is shown: auto, plain, tty, quiet, none, rawjson', {
    group: 'Display',
    use: 'cli',
    choices: PROGRESS_MODES,
    default: 'auto',
    env: 'BUILDKIT_PROGRESS',
    example: 'plain',
  }),
  flag('quiet', 'Print only the image id', { alias: 'q', group: 'Display', use: 'cli' }),
  flag('check', 'Run the build checks in place of the build', { group: 'Display', use: 'cli' }),
  value('call', 'build|check[,format=FORMAT]', 'What to do with the Dockerfile', {
    group: 'Display',
    use: 'cli',
    default: 'build',
    example: 'check',
  }),
  value('format', 'text|json|sarif|github', 'Form of the findings', {
    group: 'Display',
    use: 'cli',
    commands: CHECK,
    choices: FINDINGS_FORMATS,
    default: 'text',
    example: 'json',
  }),
  flag('json', 'Print the report as JSON', { group: 'Display', use: 'cli', commands: DOCTOR }),

  value('builder', 'NAME', 'Builder instance', {
    group: 'Steps',
    use: 'refused',
    hidden: true,
    instead: 'leave it out: there are no builder instances',
  }),
  value('cgroup-parent', 'PATH', 'Parent cgroup of RUN', {
    group: 'Steps',
    use: 'refused',
    hidden: true,
    instead: 'start tsbuild itself in that cgroup, for instance with systemd-run',
  }),
  list('policy', 'SPEC', 'Source policy', {
    group: 'Inputs',
    use: 'refused',
    hidden: true,
    instead: 'name base images by digest',
  }),
  list('security-opt', 'OPTION', 'Security options', {
    group: 'Steps',
    use: 'refused',
    hidden: true,
    instead: 'leave it out: every RUN is isolated the same way',
  }),
  ...DOCKER_LIMITS,
  flag('compress', 'Does nothing', { group: 'Inputs', use: 'ignored', hidden: true }),
  flag('rm', 'Does nothing', { group: 'Steps', use: 'ignored', hidden: true }),
  flag('force-rm', 'Does nothing', { group: 'Steps', use: 'ignored', hidden: true }),
  flag('squash', 'Does nothing', { group: 'Image', use: 'ignored', hidden: true }),
] as const;
