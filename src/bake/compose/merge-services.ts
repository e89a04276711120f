// Several compose files to one, as compose-spec merges them: mappings by key, lists added, all else replaced.
import { TsbuildError } from '../../core/errors.js';

export type Mapping = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Members that may be a list of `KEY=VALUE` too. */
const PAIRS: readonly string[] = ['args', 'labels', 'environment', 'additional_contexts', 'ssh'];

/** A document whose services have all their forms written out. @throws TsbuildError BAKE_INVALID */
export function normaliseCompose(document: unknown, file: string): Mapping {
  if (!isMapping(document))
    throw new TsbuildError('BAKE_INVALID', `${file} is no compose file: it holds no mapping`);
  if (document['include'] !== undefined)
    throw new TsbuildError('OPTION_UNSUPPORTED', `${file}: include is not supported`, {
      hint: 'name the files with --file',
    });
  const services = document['services'] ?? {};
  if (!isMapping(services)) throw new TsbuildError('BAKE_INVALID', `${file}: services must be a mapping`);
  return {
    secrets: document['secrets'] ?? {},
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [
        name,
        normaliseService(service, `${file}, ${name}`),
      ]),
    ),
  };
}

function normaliseService(service: unknown, where: string): Mapping {
  if (service === null) return {};
  if (!isMapping(service)) throw new TsbuildError('BAKE_INVALID', `${where} must be a mapping`);
  const { build, environment, image, extends: parent } = service;
  return {
    ...(image !== undefined && { image }),
    ...(parent !== undefined && { extends: parent }),
    ...(environment !== undefined && { environment: pairsOf(environment, where) }),
    ...(build !== undefined && build !== null && { build: normaliseBuild(build, where) }),
  };
}

function normaliseBuild(build: unknown, where: string): Mapping {
  if (typeof build === 'string') return { context: build };
  if (!isMapping(build))
    throw new TsbuildError('BAKE_INVALID', `${where}: build must be a path or a mapping`);
  return Object.fromEntries(
    Object.entries(build).map(([key, value]) => [
      key,
      PAIRS.includes(key) ? pairsOf(value, `${where}.${key}`) : value,
    ]),
  );
}

/** `[KEY=VALUE, KEY]` as a mapping; a key alone has no value. */
function pairsOf(value: unknown, where: string): Mapping {
  if (value === null) return {};
  if (isMapping(value)) return value;
  if (!Array.isArray(value)) throw new TsbuildError('BAKE_INVALID', `${where} must be a list or a mapping`);
  return Object.fromEntries(
    value.map((one: unknown) => {
      const text = String(one);
      const equals = text.indexOf('=');
      return equals < 0 ? [text, null] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** The later one wins. */
export function mergeMappings(first: Mapping, later: Mapping): Mapping {
  const merged: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(later)) {
    const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
    if (isMapping(before) && isMapping(value)) merged[key] = mergeMappings(before, value);
    else if (Array.isArray(before) && Array.isArray(value))
      merged[key] = [...(before as unknown[]), ...(value as unknown[])];
    else merged[key] = value;
  }
  return merged;
}
