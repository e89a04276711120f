// The options of `run` and `create` for what a container sees and may do: files, network, rights, limits.
import { flag, list, value, type OptionSpec } from '../option-spec.js';
import { OF_RUN } from './container-run-options.js';

const files = { group: 'Files', use: 'cli', commands: OF_RUN } as const;
const network = { group: 'Network', use: 'cli', commands: OF_RUN } as const;
const rights = { group: 'Rights', use: 'cli', commands: OF_RUN } as const;
const limits = { group: 'Limits', use: 'cli', commands: OF_RUN } as const;
const refused = { group: 'Limits', use: 'refused', hidden: true, commands: OF_RUN } as const;
const ignored = { group: 'Limits', use: 'ignored', hidden: true, commands: OF_RUN } as const;

export const CONTAINER_ROOM_OPTIONS = [
  list('volume', '[SOURCE:]TARGET[:MODES]', 'Mount a directory of the host, or a volume by its name', {
    ...files,
    alias: 'v',
    example: './src:/app:ro',
  }),
  list('mount', 'type=TYPE,KEY=VALUE', 'Mount of type bind, volume or tmpfs', {
    ...files,
    example: 'type=volume,source=data,target=/data',
  }),
  list('tmpfs', 'TARGET[:OPTIONS]', 'Mount a file system in memory', { ...files, example: '/run:size=64m' }),
  list('volumes-from', 'CONTAINER[:ro]', 'Mount what another container has mounted', {
    ...files,
    example: 'db:ro',
  }),
  flag('read-only', 'The root file system cannot be written to', { ...files }),
  value('shm-size', 'SIZE', 'Size of /dev/shm; default 64m', { ...files, example: '256m' }),
  list('device', 'SOURCE[:TARGET[:rwm]]', 'Device of the host that you may open yourself', {
    ...files,
    example: '/dev/fuse',
  }),

  list('network', 'NETWORK', 'bridge (default), none, host, container:NAME, or a network of yours', {
    ...network,
    example: 'backend',
  }),
  list('net', 'NETWORK', 'As --network', { ...network, hidden: true, example: 'none' }),
  list('network-alias', 'NAME', 'Further name in the network', { ...network, example: 'db' }),
  value('ip', 'ADDRESS', 'Address in the network', { ...network, example: '10.88.0.10' }),
  value('mac-address', 'ADDRESS', 'Hardware address in the network', {
    ...network,
    example: '92:d0:c6:0a:29:33',
  }),
  list('publish', '[[IP:]PORT:]PORT[/PROTOCOL]', 'Let the host reach a port of the container', {
    ...network,
    alias: 'p',
    example: '8080:80',
  }),
  flag('publish-all', 'Publish every exposed port at a free one of the host', { ...network, alias: 'P' }),
  list('expose', 'PORT[/PROTOCOL]', 'Port, or range of ports, that the container listens at', {
    ...network,
    example: '7000-7010',
  }),
  value('hostname', 'NAME', 'Host name; default the first digits of the id', {
    ...network,
    alias: 'h',
    example: 'web',
  }),
  value('domainname', 'NAME', 'NIS domain name', { ...network, example: 'example' }),
  list('add-host', 'HOST:IP', 'Line in /etc/hosts', { ...network, example: 'db.test:10.0.0.2' }),
  list('dns', 'IP', 'DNS server', { ...network, example: '9.9.9.9' }),
  list('dns-search', 'DOMAIN', 'Domain that is searched', { ...network, example: 'example.test' }),
  list('dns-option', 'OPTION', 'Option in /etc/resolv.conf', { ...network, example: 'ndots:2' }),

  value('userns', 'MODE', 'Whose id root of the container has: build, host, or keep-id[:uid=U,gid=G]', {
    ...rights,
    example: 'keep-id',
  }),
  value('isolation', 'RUNG', 'auto (default), userns, userns-single, chroot', {
    ...rights,
    example: 'userns',
  }),
  list('cap-add', 'CAPABILITY', 'Add a capability, or ALL', { ...rights, example: 'SYS_PTRACE' }),
  list('cap-drop', 'CAPABILITY', 'Drop a capability, or ALL', { ...rights, example: 'ALL' }),
  flag('privileged', 'All capabilities of the user namespace, no filter of system calls', { ...rights }),
  list('security-opt', 'OPTION', 'no-new-privileges, seccomp=unconfined|FILE, systempaths=unconfined', {
    ...rights,
    example: 'no-new-privileges',
  }),
  value('pid', 'MODE', 'Process ids: host, or container:NAME', { ...rights, example: 'container:web' }),
  value('ipc', 'MODE', 'IPC: private, host, or container:NAME', { ...rights, example: 'private' }),
  value('uts', 'MODE', 'Host name: host', { ...rights, example: 'host' }),
  list('sysctl', 'NAME=VALUE', 'Kernel setting of the container', {
    ...rights,
    example: 'net.core.somaxconn=1024',
  }),

  value('memory', 'SIZE', 'Memory', { ...limits, alias: 'm', example: '512m' }),
  value('memory-swap', 'SIZE', 'Memory and swap together; -1 without limit', { ...limits, example: '1g' }),
  value('cpus', 'COUNT', 'Processors', { ...limits, example: '1.5' }),
  value('cpu-shares', 'WEIGHT', 'Weight against others; default 1024', {
    ...limits,
    alias: 'c',
    example: '512',
  }),
  value('cpu-period', 'MICROSECONDS', 'With --cpu-quota, another way to write --cpus', {
    ...limits,
    example: '100000',
  }),
  value('cpu-quota', 'MICROSECONDS', 'With --cpu-period, another way to write --cpus', {
    ...limits,
    example: '50000',
  }),
  value('cpuset-cpus', 'LIST', 'Processors that may be used', { ...limits, example: '0-1' }),
  value('pids-limit', 'COUNT', 'Processes; -1 without limit', { ...limits, example: '100' }),
  list('ulimit', 'NAME=SOFT[:HARD]', 'Resource limit of a process', {
    ...limits,
    example: 'nofile=1024:2048',
  }),
  value('oom-score-adj', 'NUMBER', 'Which process goes first when memory runs out: -1000 to 1000', {
    ...limits,
    example: '500',
  }),
  list('log-opt', 'max-size=SIZE', 'Size at which the log is begun anew', {
    ...limits,
    example: 'max-size=10m',
  }),
  flag('strict', 'Fail when the host cannot set a limit that was asked', { ...limits }),

  list('blkio-weight', 'WEIGHT', '', { ...refused, instead: 'leave it out: block devices are not limited' }),
  list('device-read-bps', 'LIMIT', '', {
    ...refused,
    instead: 'leave it out: block devices are not limited',
  }),
  list('device-write-bps', 'LIMIT', '', {
    ...refused,
    instead: 'leave it out: block devices are not limited',
  }),
  list('device-cgroup-rule', 'RULE', '', { ...refused, instead: 'name the device: --device' }),
  value('cgroup-parent', 'GROUP', '', {
    ...refused,
    instead: 'start tsbuild itself in that cgroup, for instance with systemd-run',
  }),
  value('gpus', 'GPUS', '', { ...refused, instead: 'name the devices: --device' }),
  list('link', 'CONTAINER', '', { ...refused, instead: 'put both in a network: --network NAME' }),
  value('ip6', 'ADDRESS', '', { ...refused, instead: 'leave it out: networks have addresses of IPv4' }),
  value('volume-driver', 'DRIVER', '', { ...refused, instead: 'leave it out: volumes lie in the store' }),
  list('storage-opt', 'OPTION', '', { ...refused, instead: 'leave it out' }),
  value('memory-reservation', 'SIZE', '', { ...ignored }),
  value('memory-swappiness', 'NUMBER', '', { ...ignored }),
  value('kernel-memory', 'SIZE', '', { ...ignored }),
  value('cpuset-mems', 'LIST', '', { ...ignored }),
  flag('oom-kill-disable', '', { ...ignored }),
  value('log-driver', 'DRIVER', '', { ...ignored }),
  value('runtime', 'NAME', '', { ...ignored }),
  value('cgroupns', 'MODE', '', { ...ignored }),
  list('annotation', 'KEY=VALUE', '', { ...ignored }),
  value('disable-content-trust', 'BOOL', '', { ...ignored, bare: 'true' }),
] as const satisfies readonly OptionSpec[];
