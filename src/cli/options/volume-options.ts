// The options of the commands for volumes and networks, and of those for the files of containers.
import { flag, list, value, type CommandName, type OptionSpec } from '../option-spec.js';

const LISTS: readonly CommandName[] = ['volume ls', 'network ls'];
const CREATES: readonly CommandName[] = ['volume create', 'network create'];
const options = { group: 'Options', use: 'cli' } as const;
const display = { group: 'Display', use: 'cli' } as const;

export const VOLUME_OPTIONS = [
  list('label', 'KEY[=VALUE]', 'Label', { ...options, commands: CREATES, example: 'team=web' }),
  value('driver', 'NAME', 'Driver: local for volumes, bridge for networks', {
    ...options,
    alias: 'd',
    commands: CREATES,
    example: 'bridge',
  }),
  value('subnet', 'RANGE', 'Addresses of the network; default a free range', {
    ...options,
    commands: ['network create'],
    example: '172.30.0.0/24',
  }),
  value('gateway', 'ADDRESS', 'Address of the gateway; default the first one', {
    ...options,
    commands: ['network create'],
    example: '172.30.0.1',
  }),
  value('ip-range', 'RANGE', 'Part of the subnet that containers get addresses of', {
    ...options,
    commands: ['network create'],
    example: '172.30.0.128/25',
  }),
  flag('internal', 'Nothing leads outside', { ...options, commands: ['network create'] }),
  list('filter', 'KEY=VALUE', 'Only these: name=, label=, driver=, dangling=', {
    ...options,
    alias: 'f',
    commands: ['volume ls', 'network ls', 'volume prune', 'network prune'],
    example: 'label=team=web',
  }),
  flag('all', 'Those with a name too', { ...options, alias: 'a', commands: ['volume prune'] }),
  flag('force', 'One that is not there is no error; prune does not ask', {
    ...options,
    alias: 'f',
    commands: ['volume rm', 'network rm', 'network disconnect'],
  }),
  list('alias', 'NAME', 'Further name of the container in the network', {
    ...options,
    commands: ['network connect'],
    example: 'db',
  }),
  value('ip', 'ADDRESS', 'Address of the container in the network', {
    ...options,
    commands: ['network connect'],
    example: '172.30.0.10',
  }),
  flag('quiet', 'Print only names or ids', { ...display, alias: 'q', commands: LISTS }),
  value('format', 'table|json|TEMPLATE', 'Form of the list; a template has fields such as {{.Name}}', {
    ...display,
    commands: LISTS,
    example: 'json',
  }),
  value('format', 'json|TEMPLATE', 'Form of the details; a template has fields such as {{.Name}}', {
    ...display,
    alias: 'f',
    commands: ['volume inspect', 'network inspect'],
    example: '{{.Name}}',
  }),

  flag('archive', 'Keep the owners of the source', { ...options, alias: 'a', commands: ['cp'] }),
  flag('follow-link', 'A link at the end of the source stands for what it leads to', {
    ...options,
    alias: 'L',
    commands: ['cp'],
  }),
  value('output', 'FILE', 'Write to this file; default standard output', {
    ...options,
    alias: 'o',
    commands: ['export'],
    example: 'web.tar',
  }),
  value('author', 'TEXT', 'Author of the image', {
    ...options,
    alias: 'a',
    commands: ['commit'],
    example: 'me',
  }),
  value('message', 'TEXT', 'What changed', {
    ...options,
    alias: 'm',
    commands: ['commit'],
    example: 'setup',
  }),
  list('change', 'INSTRUCTION', 'Instruction of a Dockerfile for the config of the image', {
    ...options,
    alias: 'c',
    commands: ['commit'],
    example: 'CMD ["app"]',
  }),
] as const satisfies readonly OptionSpec[];
