// `tsbuild.config.js` and its like: the value that they export by default. TypeScript is read by Node where it can,
// else by the project's own `typescript`.
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { TsbuildError } from './core/errors.js';
import { importFile } from './host/import-file.js';
import { readSmallFile } from './host/read-small-file.js';

const MAX_BYTES = 1 << 20;

/** @param path absolute. @param name as the user knows it. @throws TsbuildError BAKE_INVALID, OPTION_UNSUPPORTED */
export async function loadConfigModule(path: string, name: string): Promise<unknown> {
  const loaded = await loadModule(path, name);
  const value = loaded['default'];
  if (value === undefined)
    throw new TsbuildError('BAKE_INVALID', `${name} has no default export`, {
      hint: 'write export default { targets: { … } }',
    });
  if (typeof value !== 'function') return value;
  try {
    return (await (value as () => unknown)()) as unknown;
  } catch (error) {
    throw failed(name, error);
  }
}

type Module = Readonly<Record<string, unknown>>;

async function loadModule(path: string, name: string): Promise<Module> {
  try {
    if (!/\.[mc]?ts$/.test(path) || readsTypeScript()) return await importFile(path);
  } catch (error) {
    throw failed(name, error);
  }
  return loadTypeScript(path, name);
}

function readsTypeScript(): boolean {
  return Boolean((process.features as { readonly typescript?: string | false }).typescript);
}

interface TypeScript {
  transpileModule(text: string, options: object): { readonly outputText: string };
}

/** A file beside it is loaded in its place, so that it finds what it imports. */
async function loadTypeScript(path: string, name: string): Promise<Module> {
  const text = readSmallFile({ path, name, maxBytes: MAX_BYTES })?.toString('utf8') ?? '';
  const { outputText } = typescriptOf(path, name).transpileModule(text, {
    compilerOptions: { module: 99, target: 9, verbatimModuleSyntax: true },
    fileName: path,
  });
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.mjs`);
  try {
    await writeFile(beside, outputText, { flag: 'wx' });
    return await importFile(beside);
  } catch (error) {
    throw failed(name, error);
  } finally {
    await rm(beside, { force: true });
  }
}

function typescriptOf(path: string, name: string): TypeScript {
  try {
    return createRequire(path)('typescript') as TypeScript;
  } catch (error) {
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      `${name}: Node ${process.versions.node} reads no TypeScript`,
      {
        hint: 'install typescript in the project, use Node 22.18 or later, or name the file tsbuild.config.mjs',
        cause: error,
      },
    );
  }
}

function failed(name: string, error: unknown): TsbuildError {
  const message = error instanceof Error ? error.message : String(error);
  return new TsbuildError('BAKE_INVALID', `${name} cannot be loaded: ${message}`, { cause: error });
}
