// The options of the commands for containers that are there: their lives, and what is known of them.
import { flag, list, value, type OptionSpec } from '../option-spec.js';

const options = { group: 'Options', use: 'cli' } as const;
const display = { group: 'Display', use: 'cli' } as const;

export const CONTAINER_LIFE_OPTIONS = [
  value('time', 'SECONDS', 'How long to wait before it is killed; -1 for ever', {
    ...options,
    alias: 't',
    commands: ['stop', 'restart'],
    example: '5',
  }),
  value('timeout', 'SECONDS', 'As --time', {
    ...options,
    commands: ['stop', 'restart'],
    example: '5',
  }),
  value('signal', 'SIGNAL', 'Signal to send; default that of the container, and KILL for kill', {
    ...options,
    alias: 's',
    commands: ['stop', 'restart', 'kill'],
    example: 'HUP',
  }),
  flag('force', 'Kill it when it runs; one that is not there is no error', {
    ...options,
    alias: 'f',
    commands: ['rm'],
  }),
  flag('volumes', 'Remove its anonymous volumes too', { ...options, alias: 'v', commands: ['rm'] }),
  flag('attach', 'Follow it to its end', { ...options, alias: 'a', commands: ['start'] }),
  flag('no-stdin', 'Do not attach the input', { ...options, commands: ['attach'] }),
  flag('privileged', 'All capabilities of the user namespace', { ...options, commands: ['exec'] }),

  flag('all', 'Show all containers, not only those that run', {
    ...options,
    alias: 'a',
    commands: ['ps', 'stats'],
  }),
  flag('no-stream', 'Show them once', { ...options, commands: ['stats'] }),
  list('filter', 'KEY=VALUE', 'Only these: status=, name=, id=, label=, ancestor=, network=, volume=, …', {
    ...options,
    alias: 'f',
    commands: ['ps', 'events'],
    example: 'status=exited',
  }),
  value('last', 'COUNT', 'The last ones that were created, whether they run or not', {
    ...options,
    alias: 'n',
    commands: ['ps'],
    example: '5',
  }),
  flag('latest', 'The last one that was created', { ...options, alias: 'l', commands: ['ps'] }),
  flag('no-trunc', 'Shorten nothing', { ...display, commands: ['ps', 'stats'] }),
  flag('quiet', 'Print only ids', { ...display, alias: 'q', commands: ['ps'] }),
  value('format', 'table|json|TEMPLATE', 'Form of the list; a template has fields such as {{.Names}}', {
    ...display,
    commands: ['ps'],
    example: 'json',
  }),
  value('format', 'table|json|TEMPLATE', 'Form of the list; a template has fields such as {{.CPUPerc}}', {
    ...display,
    commands: ['stats'],
    example: 'json',
  }),
  value('format', 'json|TEMPLATE', 'Form of a line; a template has fields such as {{.Action}}', {
    ...display,
    commands: ['events'],
    example: 'json',
  }),

  flag('follow', 'Go on until the container ends', { ...options, alias: 'f', commands: ['logs'] }),
  value('since', 'TIME', 'Only from then on: a time, or how long ago', {
    ...options,
    commands: ['logs', 'events'],
    example: '10m',
  }),
  value('until', 'TIME', 'Only before then: a time, or how long ago', {
    ...options,
    commands: ['logs', 'events'],
    example: '5m',
  }),
  value('tail', 'LINES', 'Only the last lines', {
    ...options,
    alias: 'n',
    commands: ['logs'],
    default: 'all',
    example: '100',
  }),
  flag('timestamps', 'The time in front of each line', { ...display, alias: 't', commands: ['logs'] }),
  value('type', 'container|image', 'Look only for containers, or only for images', {
    ...options,
    commands: ['inspect'],
    choices: ['container', 'image'],
    example: 'container',
  }),
] as const satisfies readonly OptionSpec[];
