// The options of `run` and `create` to what the library is asked.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import { parseSize } from '../core/parse-size.js';
import type { ContainerRequest } from '../index.js';
import type { Api, CliHost } from './host.js';
import { parseAddHost } from './parse/add-host.js';
import { parseLimits } from './parse/container-limits.js';
import { parseDevice, parseIsolation, parseSysctl, readSecurityOption } from './parse/container-rights.js';
import { parseHealth } from './parse/health-options.js';
import { parseKeyValueFile } from './parse/key-value-file.js';
import { parseLabel } from './parse/label.js';
import { parseMountOption } from './parse/mount-option.js';
import { parseNetworks } from './parse/network-option.js';
import { parseExpose, parsePublish } from './parse/publish.js';
import { parseRestartPolicy } from './parse/restart-policy.js';
import { parseTmpfs } from './parse/tmpfs.js';
import { parseUlimit } from './parse/ulimit.js';
import { parseVolume } from './parse/volume.js';
import { refuseUnsupported } from './refused-options.js';
import type { ParsedArguments } from './typed-arguments.js';

/**
 * Files are read, variables are looked up, relative paths of the host are made absolute.
 * @throws TsbuildError OPTION_INVALID, OPTION_CONFLICT, OPTION_UNSUPPORTED
 */
export function containerRequestOf(args: ParsedArguments, host: CliHost, api: Api): ContainerRequest {
  refuseUnsupported(args);
  const [image = '', ...command] = args.positionals;
  const platform = args.text('platform');
  return given({
    image,
    command,
    name: args.text('name'),
    platform: platform ? api.parsePlatform(platform, api.platformOfNode(host.arch)) : undefined,
    pull: args.text('pull') as ContainerRequest['pull'],
    labels: labelsOf(args, host.cwd),
    ...processOf(args, host),
    ...filesOf(args, host.cwd),
    ...networkOf(args),
    ...rightsOf(args, host.cwd),
    ...parseLimits(args),
    ...lifeOf(args),
  });
}

function processOf(args: ParsedArguments, host: CliHost): Partial<ContainerRequest> {
  const entrypoint = args.text('entrypoint');
  return given({
    entrypoint: entrypoint === undefined ? undefined : [entrypoint],
    env: variablesOf(args, host),
    user: args.text('user'),
    groupAdd: args.list('group-add'),
    workingDir: args.text('workdir'),
    stopSignal: args.text('stop-signal'),
    stopTimeout: wholeNumber('--stop-timeout', args.text('stop-timeout')),
    isTerminal: args.flag('tty'),
    isInteractive: args.flag('interactive'),
    init: args.flag('init'),
  });
}

function filesOf(args: ParsedArguments, cwd: string): Partial<ContainerRequest> {
  const shm = args.text('shm-size');
  return given({
    mounts: [
      ...args.list('volume').map((text) => parseVolume(text, cwd)),
      ...args.list('mount').map((text) => parseMountOption(text, cwd)),
      ...args.list('tmpfs').map(parseTmpfs),
    ],
    volumesFrom: args.list('volumes-from'),
    isReadonlyRootfs: args.flag('read-only'),
    shmSizeBytes: shm === undefined ? undefined : parseSize(shm, '--shm-size'),
    devices: args.list('device').map(parseDevice),
  });
}

function networkOf(args: ParsedArguments): Partial<ContainerRequest> {
  return given({
    networks: parseNetworks({
      networks: [...args.list('network'), ...args.list('net')],
      aliases: args.list('network-alias'),
      ipAddress: args.text('ip'),
      macAddress: args.text('mac-address'),
    }),
    ports: args.list('publish').flatMap(parsePublish),
    expose: args.list('expose').flatMap(parseExpose),
    isEveryPortPublished: args.flag('publish-all'),
    hostname: args.text('hostname'),
    domainname: args.text('domainname'),
    extraHosts: args.list('add-host').map(extraHostOf),
    dns: args.list('dns'),
    dnsSearch: args.list('dns-search'),
    dnsOptions: args.list('dns-option'),
  });
}

/** `host-gateway` is an address that the network gives. */
function extraHostOf(text: string): { readonly name: string; readonly address: string } {
  const [, name] = /^([^=:\s]+)[=:]host-gateway$/.exec(text) ?? [];
  if (name !== undefined) return { name, address: 'host-gateway' };
  const { host, ip } = parseAddHost(text);
  return { name: host, address: ip };
}

function rightsOf(args: ParsedArguments, cwd: string): Partial<ContainerRequest> {
  return given({
    isPrivileged: args.flag('privileged'),
    capAdd: args.list('cap-add'),
    capDrop: args.list('cap-drop'),
    securityOpt: args.list('security-opt').map((text) => readSecurityOption(text, cwd)),
    userns: args.text('userns'),
    isolation: parseIsolation(args.text('isolation')),
    pidMode: args.text('pid'),
    ipcMode: args.text('ipc'),
    utsMode: args.text('uts'),
    sysctls: Object.fromEntries(args.list('sysctl').map(parseSysctl)),
    ulimits: args.list('ulimit').map(parseUlimit),
  });
}

function lifeOf(args: ParsedArguments): Partial<ContainerRequest> {
  const restart = parseRestartPolicy(args.text('restart') ?? '');
  const isRemovedAtEnd = args.flag('rm');
  if (isRemovedAtEnd && restart.name !== 'no')
    throw new TsbuildError('OPTION_CONFLICT', 'conflicting options: cannot specify both --restart and --rm');
  return given({
    restart,
    isRemovedAtEnd,
    healthcheck: parseHealth({
      command: args.text('health-cmd'),
      interval: args.text('health-interval'),
      timeout: args.text('health-timeout'),
      startPeriod: args.text('health-start-period'),
      startInterval: args.text('health-start-interval'),
      retries: args.text('health-retries'),
      isOff: args.flag('no-healthcheck'),
    }),
  });
}

/** Files first, then what stands on the command line. @throws TsbuildError OPTION_INVALID */
export function variablesOf(args: ParsedArguments, { env, cwd }: CliHost): readonly string[] {
  const ofFiles = args
    .list('env-file')
    .flatMap((name) => parseKeyValueFile(readListFile(name, cwd), { name, lookUp: (key) => env[key] }));
  const own = args.list('env').map((text) => {
    if (text === '' || text.startsWith('='))
      throw new TsbuildError('OPTION_INVALID', `invalid environment variable: ${text}`, {
        hint: 'write NAME=VALUE',
      });
    const value = text.includes('=') ? undefined : env[text];
    return value === undefined ? text : `${text}=${value}`;
  });
  return [...ofFiles, ...own];
}

function labelsOf(args: ParsedArguments, cwd: string): Readonly<Record<string, string>> {
  const ofFiles = args
    .list('label-file')
    .flatMap((name) => parseKeyValueFile(readListFile(name, cwd), { name, lookUp: () => '' }));
  return Object.fromEntries([...ofFiles, ...args.list('label')].map(parseLabel));
}

function readListFile(name: string, cwd: string): Uint8Array {
  try {
    return readFileSync(resolve(cwd, name));
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new TsbuildError(
      'OPTION_INVALID',
      `open ${name}: ${isMissing ? 'no such file or directory' : 'it cannot be read'}`,
      { cause },
    );
  }
}

export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined || /^-?\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new TsbuildError('OPTION_INVALID', `invalid argument ${JSON.stringify(text)} for "${option}"`, {
    hint: 'write a whole number',
  });
}

/** Without members that say nothing. */
function given<Members extends object>(
  members: Members,
): {
  [Name in keyof Members]: Exclude<Members[Name], undefined>;
} {
  const said = Object.entries(members).filter(([, value]) => !isNothing(value));
  return Object.fromEntries(said) as ReturnType<typeof given<Members>>;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
