// What docker's daemon.json says about registries (moby daemon/pkg/registry/config.go): mirrors of Docker Hub, and
// hosts that are spoken to without TLS.
import { TsbuildError } from '../core/errors.js';
import { DEFAULT_DOMAIN, isDomain } from '../oci/reference.js';
import type { Mirror } from './registry-options.js';

export interface DaemonConfig {
  /** Of docker.io. */
  readonly mirrors: readonly Mirror[];
  /** `host[:port]`, or a network such as `10.0.0.0/8`. */
  readonly insecureHosts: readonly string[];
}

function invalid(file: string, line: number, why: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `${file}${line > 0 ? `:${line}` : ''}: ${why}`, {
    hint: `correct ${file}`,
  });
}

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

function parseObject(file: string, text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    throw invalid(
      file,
      position === undefined ? text.split('\n').length : lineOf(text, Number(position)),
      'not JSON',
    );
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Readonly<Record<string, unknown>>;
  throw invalid(file, 1, 'not a JSON object');
}

/** A list of texts, each with the line that it stands in. */
function listOf(
  file: string,
  text: string,
  name: string,
  value: unknown,
): readonly { readonly item: string; readonly line: number }[] {
  const list = value ?? [];
  const at = lineOf(text, text.indexOf(`"${name}"`));
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string'))
    throw invalid(file, at, `"${name}" is not a list of texts`);
  return list.map((item: string) => ({
    item,
    line: lineOf(text, Math.max(0, text.indexOf(JSON.stringify(item)))),
  }));
}

function mirrorOf(file: string, item: string, line: number): Mirror {
  const url = URL.canParse(item) ? new URL(item) : undefined;
  // The address is not repeated: it may hold a password.
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== ''
  )
    throw invalid(file, line, 'a mirror is an http or https URL without user info and query');
  if (url.pathname !== '/')
    throw invalid(file, line, `the mirror ${url.origin} has a path, which docker refuses`);
  return { prefix: DEFAULT_DOMAIN, origin: url.origin, path: '' };
}

function insecureOf(file: string, item: string, line: number): string {
  const host = item
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
    .toLowerCase();
  if (isDomain(host) || /^[0-9a-f.:]+\/\d{1,3}$/.test(host)) return host;
  throw invalid(file, line, `${JSON.stringify(item)} is neither a host with an optional port nor a network`);
}

/** @throws TsbuildError OPTION_INVALID naming the file and the line */
export function parseDaemonConfig(file: string, text: string): DaemonConfig {
  if (text.trim() === '') return { mirrors: [], insecureHosts: [] };
  const config = parseObject(file, text);
  const list = (name: string) => listOf(file, text, name, config[name]);
  return {
    mirrors: list('registry-mirrors').map(({ item, line }) => mirrorOf(file, item, line)),
    insecureHosts: list('insecure-registries').map(({ item, line }) => insecureOf(file, item, line)),
  };
}
