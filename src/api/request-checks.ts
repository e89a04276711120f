// The shapes of requests whose functions do no more than pass them on. The names of members are checked against the
// types: a member that is added to a type must be added here.
import {
  filledText,
  flag,
  listOf,
  object,
  oneOf,
  size,
  text,
  texts,
  textsByName,
  wholeNumber,
  type Check,
} from '../argument-checks.js';
import type { ContainerRequest } from '../containers/container-request.js';
import { platform } from '../validate-arguments.js';
import type { AttachChoice } from './attach-choice.js';
import type { ExecRequest, RemoveRequest, StartRequest, StopRequest } from './container-life.js';
import type { CreateManifestRequest } from './create-manifest.js';
import type { RunRequest } from './run.js';

type Shape<T> = { readonly [member in keyof Required<T>]: Check };

const ATTACHED: Shape<AttachChoice> = {
  attach: listOf(oneOf(['stdin', 'stdout', 'stderr'])),
  isSignalProxied: flag,
  detachKeys: text,
};

/** What depends on other members is refused where it is read. */
const anyObject = (members: readonly string[], own: Readonly<Record<string, Check>> = {}): Check =>
  object({ ...Object.fromEntries(members.map((name) => [name, anything])), ...own });
const anything: Check = () => undefined;

const mount = anyObject(
  'type isReadonly isShallow propagation isSourceMade name isNotCopied subpath labels sizeBytes mode allowed source'.split(
    ' ',
  ),
  { type: oneOf(['bind', 'volume', 'tmpfs']), target: text },
);

const CONTAINER: Shape<ContainerRequest> = {
  image: text,
  command: texts,
  name: text,
  platform,
  pull: oneOf(['missing', 'always', 'never']),
  entrypoint: texts,
  env: texts,
  user: text,
  groupAdd: texts,
  workingDir: text,
  hostname: text,
  domainname: text,
  labels: textsByName,
  expose: texts,
  stopSignal: text,
  stopTimeout: wholeNumber,
  healthcheck: anyObject(['interval', 'timeout', 'startPeriod', 'startInterval', 'retries'], { test: texts }),
  isTerminal: flag,
  isInteractive: flag,
  mounts: listOf(mount),
  volumesFrom: texts,
  networks: listOf(object({ name: text, aliases: texts, ipAddress: text, macAddress: text }, ['name'])),
  ports: listOf(
    object(
      {
        hostIp: text,
        hostPort: wholeNumber,
        hostPortLast: wholeNumber,
        containerPort: wholeNumber,
        protocol: oneOf(['tcp', 'udp']),
      },
      ['hostIp', 'hostPort', 'containerPort', 'protocol'],
    ),
  ),
  isEveryPortPublished: flag,
  extraHosts: listOf(object({ name: text, address: text }, ['name', 'address'])),
  dns: texts,
  dnsSearch: texts,
  dnsOptions: texts,
  isRemovedAtEnd: flag,
  restart: object(
    { name: oneOf(['no', 'on-failure', 'always', 'unless-stopped']), maximumRetries: wholeNumber },
    ['name', 'maximumRetries'],
  ),
  init: flag,
  isReadonlyRootfs: flag,
  isPrivileged: flag,
  capAdd: texts,
  capDrop: texts,
  securityOpt: texts,
  userns: text,
  pidMode: text,
  ipcMode: text,
  utsMode: text,
  ulimits: listOf(object({ name: text, soft: wholeNumber, hard: wholeNumber }, ['name', 'soft', 'hard'])),
  sysctls: textsByName,
  shmSizeBytes: size,
  oomScoreAdj: wholeNumber,
  devices: listOf(object({ host: text, container: text, access: text }, ['host', 'container', 'access'])),
  memory: wholeNumber,
  memorySwap: wholeNumber,
  nanoCpus: wholeNumber,
  cpuShares: wholeNumber,
  cpusetCpus: text,
  pidsLimit: wholeNumber,
  logMaxBytes: wholeNumber,
  isStrict: flag,
};
const RUN: Shape<RunRequest> = { ...CONTAINER, ...ATTACHED, isDetached: flag };
const START: Shape<StartRequest> = { container: text, ...ATTACHED, isAttached: flag, isInteractive: flag };
const STOP: Shape<StopRequest> = { container: text, timeout: wholeNumber, signal: text };
const REMOVE: Shape<RemoveRequest> = { container: text, isForced: flag, areVolumesRemoved: flag };
const EXEC: Shape<ExecRequest> = {
  container: text,
  command: texts,
  isDetached: flag,
  isInteractive: flag,
  isTerminal: flag,
  isPrivileged: flag,
  env: texts,
  user: text,
  workingDir: text,
  detachKeys: text,
};
const MANIFEST: Shape<CreateManifestRequest> = {
  sources: texts,
  files: texts,
  tags: texts,
  isAppended: flag,
  annotations: texts,
  isIndexPreferred: flag,
  platforms: listOf(platform),
  isDryRun: flag,
  metadataFile: text,
};

export const containerRequest = object(CONTAINER, ['image']);
export const runRequest = object(RUN, ['image']);
export const startRequest = object(START, ['container']);
export const stopRequest = object(STOP, ['container']);
export const killRequest = object({ container: text, signal: text }, ['container']);
export const removeRequest = object(REMOVE, ['container']);
export const attachRequest = object({ container: text, ...ATTACHED }, ['container']);
export const execRequest = object(EXEC, ['container', 'command']);
export const createManifestRequest = object(MANIFEST, ['sources']);
export const inspectManifestRequest = object({ name: filledText, hasImages: flag, hasAttestations: flag }, [
  'name',
]);
export const inspectAttestationsRequest = object(
  { name: filledText, kinds: listOf(oneOf(['provenance', 'sbom'])) },
  ['name', 'kinds'],
);
export const loadRequest = object({ input: filledText, platform });
export const saveRequest = object(
  { names: listOf(filledText), output: filledText, format: oneOf(['docker', 'oci']), platform },
  ['names'],
);
export const loginRequest = object({ registry: text, username: text, password: text, authFile: filledText }, [
  'username',
  'password',
]);
export const logoutRequest = object({ registry: text, isAll: flag, authFile: filledText });
export const diskUsageRequest = object({ filters: texts });
export const pruneRequest = object({
  isAll: flag,
  filters: texts,
  maxUsedBytes: size,
  reservedBytes: size,
  minFreeBytes: size,
  areContainersPruned: flag,
  areVolumesPruned: flag,
  isDryRun: flag,
  isEverything: flag,
});
