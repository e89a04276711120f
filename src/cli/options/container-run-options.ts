// The options of `run` and `create` that say what is run, and how: docker's names and meanings.
import { flag, list, value, type CommandName, type OptionSpec } from '../option-spec.js';

export const OF_RUN: readonly CommandName[] = ['run', 'create'];

const container = { group: 'Container', use: 'cli', commands: OF_RUN } as const;
const process = { group: 'Process', use: 'cli', commands: OF_RUN } as const;
const health = { group: 'Health and restart', use: 'cli', commands: OF_RUN } as const;

export const CONTAINER_RUN_OPTIONS = [
  flag('detach', 'Start it, print its id, and leave it running', {
    group: 'Container',
    use: 'cli',
    alias: 'd',
    commands: ['run', 'exec'],
  }),
  flag('rm', 'Remove the container and its anonymous volumes at its end', { ...container }),
  value('name', 'NAME', 'Name of the container; default two words by chance', {
    ...container,
    example: 'web',
  }),
  value('cidfile', 'FILE', 'Write the id to this file, which must not exist', {
    ...container,
    example: 'web.cid',
  }),
  list('label', 'KEY[=VALUE]', 'Label of the container', { ...container, alias: 'l', example: 'team=web' }),
  list('label-file', 'FILE', 'File of KEY=VALUE lines for labels', { ...container, example: 'labels.txt' }),
  value('pull', 'missing|always|never', 'When the image is brought from its registry', {
    ...container,
    default: 'missing',
    choices: ['missing', 'always', 'never'],
  }),
  value('platform', 'PLATFORM', 'Platform of the image; default that of this machine', {
    ...container,
    env: 'DOCKER_DEFAULT_PLATFORM',
    example: 'linux/arm64',
  }),
  flag('init', 'Run an init as process 1 that passes signals on and reaps processes', { ...container }),
  flag('quiet', 'Say nothing of pulls', { ...container, alias: 'q' }),

  flag('interactive', 'Keep the input open', {
    group: 'Process',
    use: 'cli',
    alias: 'i',
    commands: ['run', 'create', 'exec', 'start'],
  }),
  flag('tty', 'Give it a terminal', {
    group: 'Process',
    use: 'cli',
    alias: 't',
    commands: ['run', 'create', 'exec'],
  }),
  list('attach', 'stdin|stdout|stderr', 'Streams that are attached in the foreground; default the outputs', {
    ...process,
    alias: 'a',
    example: 'stdout',
  }),
  list('env', 'NAME[=VALUE]', 'Variable; without = the value of yours, or none', {
    group: 'Process',
    use: 'cli',
    alias: 'e',
    commands: ['run', 'create', 'exec'],
    example: 'DEBUG=1',
  }),
  list('env-file', 'FILE', 'File of NAME=VALUE lines', {
    group: 'Process',
    use: 'cli',
    commands: ['run', 'create', 'exec'],
    example: 'app.env',
  }),
  value('entrypoint', 'PROGRAM', 'In the place of the ENTRYPOINT and CMD of the image; empty: none', {
    ...process,
    example: '/bin/sh',
  }),
  value('user', 'USER[:GROUP]', 'Name or id of the user, and of the group', {
    group: 'Process',
    use: 'cli',
    alias: 'u',
    commands: ['run', 'create', 'exec'],
    example: '1000:1000',
  }),
  list('group-add', 'GROUP', 'Further group of the process', { ...process, example: 'video' }),
  value('workdir', 'DIRECTORY', 'Working directory', {
    group: 'Process',
    use: 'cli',
    alias: 'w',
    commands: ['run', 'create', 'exec'],
    example: '/app',
  }),
  value('stop-signal', 'SIGNAL', 'Signal by which stop ends it', { ...process, example: 'SIGQUIT' }),
  value('stop-timeout', 'SECONDS', 'How long stop waits before it kills; -1 for ever', {
    ...process,
    example: '30',
  }),
  value('detach-keys', 'KEYS', 'Keys that leave the container running; default ctrl-p,ctrl-q', {
    group: 'Process',
    use: 'cli',
    commands: ['run', 'create', 'exec', 'attach', 'start'],
    example: 'ctrl-x',
  }),
  value('sig-proxy', 'true|false', 'Pass signals on to process 1; default true', {
    group: 'Process',
    use: 'cli',
    commands: ['run', 'attach'],
    choices: ['true', 'false'],
    bare: 'true',
  }),

  value('restart', 'POLICY', 'Start again: no, always, unless-stopped, on-failure[:COUNT]', {
    ...health,
    default: 'no',
    example: 'on-failure:3',
  }),
  value('health-cmd', 'COMMAND', 'Command that says by its exit code whether the container is well', {
    ...health,
    example: 'curl -f http://localhost/',
  }),
  value('health-interval', 'DURATION', 'Time between two checks; default 30s', { ...health, example: '10s' }),
  value('health-timeout', 'DURATION', 'How long a check may take; default 30s', { ...health, example: '3s' }),
  value('health-retries', 'COUNT', 'Failures in a row until it is unhealthy; default 3', {
    ...health,
    example: '5',
  }),
  value('health-start-period', 'DURATION', 'How long failures do not count after the start', {
    ...health,
    example: '1m',
  }),
  value('health-start-interval', 'DURATION', 'Time between checks within the start period; default 5s', {
    ...health,
    example: '1s',
  }),
  flag('no-healthcheck', 'No health check, whatever the image says', { ...health }),
] as const satisfies readonly OptionSpec[];
