// Which containers a list shows: `--filter`, `-a`, `--last` (moby daemon/list.go). Pure.
// Values of one key are alternatives, but for labels; different keys must all hold.
import { TsbuildError } from '../../core/errors.js';
import { hasLabel } from '../../core/has-label.js';
import type { ContainerSummary } from './container-summary.js';

export interface LabelFilter {
  readonly key: string;
  readonly value?: string;
}

/** Absent members hold for every container. */
export interface ContainerFilter {
  /** Stopped ones too. A filter by status shows them anyway. */
  readonly isAll?: boolean;
  /** The youngest ones, whether they run or not. */
  readonly last?: number;
  /** Beginnings of ids. */
  readonly ids?: readonly string[];
  /** Regular expressions for a part of the name. */
  readonly names?: readonly string[];
  readonly labels?: readonly LabelFilter[];
  readonly statuses?: readonly string[];
  readonly health?: readonly string[];
  readonly exitCodes?: readonly number[];
  /** Names or targets. */
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  /** `80`, `80/tcp`, `8000-8010/tcp`. */
  readonly published?: readonly string[];
  readonly exposed?: readonly string[];
  /** Names or ids of images. */
  readonly ancestors?: readonly string[];
  /** Names or ids of containers. */
  readonly before?: string;
  readonly since?: string;
}

export interface FilterFacts {
  /** Of each ancestor: ids of the image and of those made of it. */
  readonly imageIds: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  readonly before?: number;
  readonly since?: number;
}

const STATUSES = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'];
const HEALTH = ['starting', 'healthy', 'unhealthy', 'none'];
const PORTS = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/;

/** @throws TsbuildError OPTION_INVALID for a value that no container can have */
export function checkFilter({
  statuses = [],
  health = [],
  published = [],
  exposed = [],
  names = [],
}: ContainerFilter): void {
  const refuse = (
    key: string,
    values: readonly string[],
    isGood: (value: string) => boolean,
    hint: string,
  ) => {
    const bad = values.find((value) => !isGood(value));
    if (bad !== undefined)
      throw new TsbuildError('OPTION_INVALID', `invalid filter '${key}=${bad}'`, { hint });
  };
  refuse('status', statuses, (value) => STATUSES.includes(value), `use one of ${STATUSES.join(', ')}`);
  refuse('health', health, (value) => HEALTH.includes(value), `use one of ${HEALTH.join(', ')}`);
  const portHint = 'write a port such as 80, 80/tcp or 8000-8010/tcp';
  refuse('publish', published, (value) => PORTS.test(value), portHint);
  refuse('expose', exposed, (value) => PORTS.test(value), portHint);
  refuse('name', names, isRegularExpression, 'write a regular expression');
}

/** The youngest first. */
export function filterContainers(
  containers: readonly ContainerSummary[],
  filter: ContainerFilter,
  facts: FilterFacts,
): readonly ContainerSummary[] {
  const isAll = filter.isAll === true || filter.last !== undefined || filter.statuses !== undefined;
  const shown = containers
    .filter((container) => (isAll || isUp(container)) && holds(container, filter, facts))
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
  return filter.last === undefined ? shown : shown.slice(0, filter.last);
}

function isUp({ status }: ContainerSummary): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}

function holds(container: ContainerSummary, filter: ContainerFilter, facts: FilterFacts): boolean {
  const { id, name, status, health = 'none', exitCode, labels, mounts, networks, ports } = container;
  return (
    some(filter.ids, (prefix) => id.startsWith(prefix)) &&
    some(filter.names, (pattern) => new RegExp(pattern).test(name) || new RegExp(pattern).test(`/${name}`)) &&
    (filter.labels ?? []).every((label) => hasLabel(labels, label)) &&
    some(filter.statuses, (wanted) => wanted === status) &&
    some(filter.health, (wanted) => wanted === health) &&
    some(filter.exitCodes, (code) => !isUp(container) && exitCode === code) &&
    some(filter.volumes, (text) =>
      mounts.some((mount) => mount.name === text || mount.destination === text || mount.source === text),
    ) &&
    some(filter.networks, (text) => networks.includes(text)) &&
    some(filter.published, (text) =>
      ports.some((port) => port.hostPort !== undefined && isPort(text, port)),
    ) &&
    some(filter.exposed, (text) => ports.some((port) => isPort(text, port))) &&
    (filter.ancestors === undefined || facts.imageIds.has(container.imageId)) &&
    (facts.before === undefined || container.createdAt < facts.before) &&
    (facts.since === undefined || container.createdAt > facts.since)
  );
}

function some<Value>(values: readonly Value[] | undefined, holdsFor: (value: Value) => boolean): boolean {
  return values === undefined || values.some(holdsFor);
}

function isPort(
  text: string,
  { containerPort, protocol }: { readonly containerPort: number; readonly protocol: string },
): boolean {
  const [, first, last = first, wanted = 'tcp'] = PORTS.exec(text)!;
  return protocol === wanted && containerPort >= Number(first) && containerPort <= Number(last);
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
