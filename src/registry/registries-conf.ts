// registries.conf of podman, buildah and skopeo (containers-registries.conf(5)): reading one file.
// Invariant: what the file says is used or refused with its line, but for what concerns short names, which are
// Docker Hub's here as in every Dockerfile.
import { TsbuildError } from '../core/errors.js';
import { isDomain, isRepositoryPath } from '../oci/reference.js';
import type { MirrorUse, RegistryRule, RuleMirror } from './registry-rule.js';

export interface RegistriesConf {
  readonly rules: readonly RegistryRule[];
  /** Hosts (`host[:port]`, `*.host`) with `insecure = true`. */
  readonly insecureHosts: readonly string[];
}

type Table = Readonly<Record<string, unknown>>;

/** The text of a file, with its name for messages. */
interface Source {
  readonly file: string;
  readonly text: string;
}

const USES: readonly MirrorUse[] = ['all', 'digest-only', 'tag-only'];

function invalid({ file, text }: Source, quoted: string, why: string): TsbuildError {
  const line = text.split('\n').findIndex((candidate) => candidate.includes(quoted)) + 1;
  const where = line === 0 ? file : `${file}:${line}`;
  return new TsbuildError('OPTION_INVALID', `${where}: ${JSON.stringify(quoted)} ${why}`, {
    hint: `correct ${file}; containers-registries.conf(5) describes it`,
  });
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tablesOf(source: Source, table: Table, name: string): readonly Table[] {
  const value = table[name] ?? [];
  if (Array.isArray(value) && value.every(isTable)) return value;
  throw invalid(source, name, 'is not a list of tables');
}

function textOf(source: Source, table: Table, name: string): string | undefined {
  const value = table[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw invalid(source, name, 'is not a text');
}

function flagOf(source: Source, table: Table, name: string): boolean {
  const value = table[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw invalid(source, name, 'is neither true nor false');
}

function hostOf(location: string): string {
  return location.split('/')[0] ?? '';
}

/** `host[:port][/path]`, as prefix also `*.host`. */
function placeOf(source: Source, table: Table, name: string): string | undefined {
  const written = textOf(source, table, name);
  if (written === undefined) return undefined;
  const place = written.replace(/\/+$/, '');
  if (/^https?:/i.test(place)) throw invalid(source, written, `is a URL: ${name} is a host with a path`);
  const host = hostOf(place);
  const path = place.slice(host.length + 1);
  const isHost = isDomain(name === 'prefix' ? host.replace(/^\*\./, '') : host);
  if (!isHost || (path !== '' && !isRepositoryPath(path)) || (host.startsWith('*') && path !== ''))
    throw invalid(source, written, `cannot be a ${name}: it is a host with the start of a repository's path`);
  return place;
}

function useOf(source: Source, table: Table, isByDigestOnly: boolean): MirrorUse {
  const written = textOf(source, table, 'pull-from-mirror');
  const use = USES.find((known) => known === written);
  if (written !== undefined && use === undefined)
    throw invalid(source, written, `is none of ${USES.join(', ')}`);
  if (use !== undefined && isByDigestOnly)
    throw invalid(source, 'pull-from-mirror', 'stands beside mirror-by-digest-only: one of them is enough');
  return use ?? (isByDigestOnly ? 'digest-only' : 'all');
}

/** A mirror, and the host that it may be spoken to without TLS. */
function mirrorOf(
  source: Source,
  table: Table,
  isByDigestOnly: boolean,
): RuleMirror & { readonly insecure: readonly string[] } {
  const location = placeOf(source, table, 'location');
  if (location === undefined) throw invalid(source, '[[registry.mirror]]', 'has no location');
  const insecure = flagOf(source, table, 'insecure') ? [hostOf(location)] : [];
  return { location, use: useOf(source, table, isByDigestOnly), insecure };
}

function ruleOf(source: Source, table: Table): RegistriesConf {
  const location = placeOf(source, table, 'location');
  const prefix = placeOf(source, table, 'prefix') ?? location;
  if (prefix === undefined) throw invalid(source, '[[registry]]', 'has neither a prefix nor a location');
  const isByDigestOnly = flagOf(source, table, 'mirror-by-digest-only');
  const mirrors = tablesOf(source, table, 'mirror').map((row) => mirrorOf(source, row, isByDigestOnly));
  const own = flagOf(source, table, 'insecure') ? [hostOf(location ?? prefix)] : [];
  const rule: RegistryRule = {
    prefix,
    ...(location === undefined ? {} : { location }),
    isBlocked: flagOf(source, table, 'blocked'),
    mirrors: mirrors.map((mirror) => ({ location: mirror.location, use: mirror.use })),
    file: source.file,
  };
  return { rules: [rule], insecureHosts: [...own, ...mirrors.flatMap(({ insecure }) => insecure)] };
}

/** @throws TsbuildError OPTION_INVALID naming the file and the line */
export async function parseRegistriesConf(file: string, text: string): Promise<RegistriesConf> {
  const { parse, TomlError } = await import('smol-toml');
  const source = { file, text };
  let document: Table;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const why = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
    throw new TsbuildError('OPTION_INVALID', `${file}:${error.line}: not TOML: ${why}`, {
      hint: `correct ${file}`,
    });
  }
  const parts = tablesOf(source, document, 'registry').map((table) => ruleOf(source, table));
  return {
    rules: parts.flatMap(({ rules }) => rules),
    insecureHosts: parts.flatMap(({ insecureHosts }) => insecureHosts.map((host) => host.toLowerCase())),
  };
}
