// The files that define targets: those that are named, or those of the directory, in the order in which they are
// merged.
import { resolve } from 'node:path';
import type { DefinitionFile } from './bake/read-definition.js';
import type { Environment, InputStream } from './build-options.js';
import { TsbuildError } from './core/errors.js';
import { readSmallFile } from './host/read-small-file.js';

/** As buildx has them. */
const DEFAULT_FILES = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
  'docker-bake.json',
  'docker-bake.hcl',
  'docker-bake.override.json',
  'docker-bake.override.hcl',
];
/** tsbuild's own, read after those. */
const OWN_FILES = ['package.json', 'json', 'js', 'mjs', 'ts'].map((name) =>
  name.includes('.') ? name : `tsbuild.config.${name}`,
);
const MAX_BYTES = 4 << 20;

export interface TargetFilesOptions {
  readonly cwd: string;
  readonly env: Environment;
  stdin(): InputStream | undefined;
}

/** @param names as `--file` gives them. @throws TsbuildError BAKE_NOT_FOUND, BAKE_INVALID, OPTION_UNSUPPORTED */
export async function readTargetFiles(
  names: readonly string[],
  options: TargetFilesOptions,
): Promise<readonly DefinitionFile[]> {
  const given = names.length > 0 ? names : filesOfEnvironment(options.env);
  if (given.length > 0)
    return inOrder(given, async (name) => (await readNamed(name, options)) ?? missing(name));
  const found = await inOrder([...DEFAULT_FILES, ...OWN_FILES], (name) => readNamed(name, options));
  const files = found.filter((file) => file !== undefined);
  if (files.length > 0) return files;
  throw new TsbuildError('BAKE_NOT_FOUND', "couldn't find a bake definition", {
    hint: 'write docker-bake.hcl, or "tsbuild": { "targets": { … } } in package.json, or name a file with --file',
  });
}

/** The text of `.env`, for compose files. @throws TsbuildError CONTEXT_UNREADABLE */
export function readDotenvFile(cwd: string): string | undefined {
  return readSmallFile({ path: resolve(cwd, '.env'), name: '.env', maxBytes: MAX_BYTES })?.toString('utf8');
}

function filesOfEnvironment(env: Environment): readonly string[] {
  const separator = env['BUILDX_BAKE_PATH_SEPARATOR'] || ':';
  return (env['BUILDX_BAKE_FILE'] ?? '')
    .split(separator)
    .map((name) => name.trim())
    .filter(Boolean);
}

async function inOrder<T>(
  names: readonly string[],
  read: (name: string) => Promise<T>,
): Promise<readonly T[]> {
  const made: T[] = [];
  for (const name of names) made.push(await read(name));
  return made;
}

/** Undefined for a file that is not there, and for a package.json that says nothing to tsbuild. */
async function readNamed(
  text: string,
  { cwd, stdin }: TargetFilesOptions,
): Promise<DefinitionFile | undefined> {
  const name = text.startsWith('cwd://') ? text.slice('cwd://'.length) : text;
  if (name === '-') return { kind: 'text', name, text: await readAll(stdin()) };
  if (/^https?:\/\//.test(name))
    throw new TsbuildError('OPTION_UNSUPPORTED', 'a definition from a URL is not supported', {
      hint: 'fetch the file, or clone the repository, and name the file',
    });
  const path = resolve(cwd, name);
  const bytes = readSmallFile({ path, name, maxBytes: MAX_BYTES });
  if (!bytes) return undefined;
  if (/\.[mc]?[jt]s$/.test(name)) {
    const { loadConfigModule } = await import('./load-config-module.js');
    return { kind: 'plain', name, data: await loadConfigModule(path, name) };
  }
  const content = bytes.toString('utf8');
  if (/(?:^|\/)tsbuild\.config\.json$/.test(name))
    return { kind: 'plain', name, data: parseJson(content, name) };
  if (!/(?:^|\/)package\.json$/.test(name)) return { kind: 'text', name, text: content };
  const own = (parseJson(content, name) as { readonly tsbuild?: unknown } | null)?.tsbuild;
  return own === undefined ? undefined : { kind: 'plain', name, data: own };
}

async function readAll(stdin: InputStream | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin ?? []) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    if ((length += chunk.length) > MAX_BYTES)
      throw new TsbuildError('BAKE_INVALID', 'the definition on standard input is too large');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TsbuildError('BAKE_INVALID', `${name} is no JSON: ${(error as Error).message}`);
  }
}

function missing(name: string): never {
  if (name.endsWith('package.json'))
    throw new TsbuildError('BAKE_NOT_FOUND', `${name} defines no targets`, {
      hint: 'it needs a member "tsbuild": { "targets": { … } }',
    });
  throw new TsbuildError('BAKE_NOT_FOUND', `there is no file ${name}`, {
    hint: 'the path is relative to the current directory',
  });
}
