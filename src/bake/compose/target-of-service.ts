// The `build` of a service as the attributes of a target (compose-spec, build.md; buildx bake/compose.go).
import { TsbuildError } from '../../core/errors.js';
import { parseSize } from '../../core/parse-size.js';
import { cleanContext } from '../context-path.js';
import { linkOf } from '../links.js';
import { nameOfTarget } from '../resolve.js';
import type { LookUp } from './interpolate.js';
import { isMapping, type Mapping } from './merge-services.js';

export interface ServiceContext {
  /** Of the file. */
  readonly secrets: Mapping;
  readonly lookUp: LookUp;
  /** For messages. */
  readonly where: string;
}

/** Attributes by name, in the forms that a bake file has. @throws TsbuildError BAKE_INVALID */
export function targetOfService(service: Mapping, context: ServiceContext): Mapping {
  const build = service['build'] as Mapping;
  const [given, extension] = [build['tags'], build['x-bake']];
  const tags =
    Array.isArray(given) && given.length > 0
      ? given
      : service['image'] === undefined
        ? undefined
        : [service['image']];
  const own = defined({
    context: build['context'],
    contexts: contextsOf(build['additional_contexts']),
    dockerfile: build['dockerfile'],
    'dockerfile-inline': build['dockerfile_inline'],
    args: argsOf(build['args'], service['environment'], context),
    labels: build['labels'],
    tags,
    'cache-from': build['cache_from'],
    'cache-to': build['cache_to'],
    target: build['target'],
    secret: secretsOf(build['secrets'], context),
    ssh: sshOf(build['ssh']),
    platforms: build['platforms'],
    pull: build['pull'] === true ? true : undefined,
    'no-cache': build['no_cache'] === true ? true : undefined,
    network: build['network'] || undefined,
    'shm-size': shmSizeOf(build['shm_size']),
    ulimits: ulimitsOf(build['ulimits']),
    'extra-hosts': hostsOf(build['extra_hosts']),
    attest: attestsOf(build),
  });
  return isMapping(extension) ? withExtension(own, extension, context) : own;
}

function defined(values: Mapping): Mapping {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** `service:` is compose's word for `target:`. */
function contextsOf(value: unknown): Mapping | undefined {
  if (!isMapping(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      const target = linkOf(String(one).replace(/^service:/, 'target:'));
      return [key, target === undefined ? shortest(one) : `target:${nameOfTarget(target)}`];
    }),
  );
}

/** A path of this project as buildx prints it: without `./`. */
function shortest(path: unknown): unknown {
  return typeof path === 'string' && /^\.\.?\//.test(path) ? cleanContext(path) : path;
}

/** An argument without a value has that of the service's environment, else of the surroundings. */
function argsOf(args: unknown, environment: unknown, { lookUp }: ServiceContext): Mapping | undefined {
  if (!isMapping(args)) return undefined;
  const own = isMapping(environment) ? environment : {};
  return defined(
    Object.fromEntries(Object.entries(args).map(([key, value]) => [key, value ?? own[key] ?? lookUp(key)])),
  );
}

function secretsOf(value: unknown, { secrets, where }: ServiceContext): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = value.map((one: unknown) => {
    const id = String(isMapping(one) ? one['source'] : one);
    const source = secrets[id];
    const { file, environment, external } = (isMapping(source) ? source : {}) as Record<string, unknown>;
    if (external === true)
      throw new TsbuildError('BAKE_INVALID', `${where}: unsupported external secret ${id}`);
    return defined({ id, src: shortest(file), env: environment });
  });
  return found.sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1));
}

function sshOf(value: unknown): readonly unknown[] | undefined {
  if (!isMapping(value)) return undefined;
  const ids = Object.keys(value).sort();
  return ids.map((id) => ({ id, ...(value[id] !== null && { paths: [value[id]] }) }));
}

function shmSizeOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const bytes = parseSize(String(value), 'shm_size');
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10)) : 0;
  return bytes > 0 ? `${Number((bytes / 1024 ** power).toPrecision(4))}${units[power]}` : undefined;
}

function ulimitsOf(value: unknown): readonly string[] | undefined {
  if (!isMapping(value)) return undefined;
  return Object.entries(value).map(([name, limit]) => {
    const { soft, hard } = (isMapping(limit) ? limit : { soft: limit, hard: limit }) as Record<
      string,
      unknown
    >;
    return `${name}=${String(soft)}:${String(hard)}`;
  });
}

/** Addresses of a name that is there twice stand between commas. */
function hostsOf(value: unknown): Mapping | undefined {
  const pairs: readonly (readonly [string, string])[] = Array.isArray(value)
    ? value.map((one: unknown) => {
        const [, host = '', ip = ''] = /^([^:=]+)[:=](.*)$/.exec(String(one)) ?? [];
        return [host, ip] as const;
      })
    : isMapping(value)
      ? Object.entries(value).map(
          ([host, ip]) => [host, Array.isArray(ip) ? ip.join(',') : String(ip)] as const,
        )
      : [];
  const found = new Map<string, string>();
  for (const [host, ip] of pairs) found.set(host, found.has(host) ? `${found.get(host)},${ip}` : ip);
  return found.size === 0 ? undefined : Object.fromEntries(found);
}

function attestsOf({ sbom, provenance }: Mapping): readonly string[] | undefined {
  const given = Object.entries({ sbom, provenance }).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  if (given.length === 0) return undefined;
  return given.map(([type, value]) =>
    /^(?:true|false)$/.test(String(value))
      ? `type=${type},disabled=${String(String(value) === 'false')}`
      : `type=${type},${String(value)}`,
  );
}

/** Lists of `x-bake` are added, what is no list takes the place of the other. */
function withExtension(own: Mapping, extension: Mapping, { where }: ServiceContext): Mapping {
  const changed: Record<string, unknown> = { ...own };
  for (const [key, value] of Object.entries(extension)) {
    if (!EXTENSION.includes(key))
      throw new TsbuildError('BAKE_INVALID', `${where}: x-bake has no attribute ${key}`);
    if (key === 'pull' || key === 'no-cache') changed[key] = value;
    else if (key === 'contexts')
      changed[key] = { ...contextsOf(value), ...(own['contexts'] as Mapping | undefined) };
    else {
      const added: readonly unknown[] = Array.isArray(value)
        ? value
        : String(value).split(/\s+/).filter(Boolean);
      const before = (own[key] as readonly unknown[] | undefined) ?? [];
      changed[key] = [...new Set([...before, ...added])];
    }
  }
  return changed;
}

const EXTENSION: readonly string[] = [
  'tags',
  'cache-from',
  'cache-to',
  'secret',
  'ssh',
  'platforms',
  'output',
  'pull',
  'no-cache',
  'no-cache-filter',
  'contexts',
];
