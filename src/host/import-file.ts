// A module of the user's, loaded from its path. What esbuild made a script of cannot import by itself: a function that
// Node's own loader of CommonJS compiles can.
import Module from 'node:module';
import { pathToFileURL } from 'node:url';

type Import = (url: string) => Promise<Readonly<Record<string, unknown>>>;

/** Every loader of transpiled code calls it, and its types leave it out. */
interface Compiling {
  exports: unknown;
  _compile(code: string, path: string): void;
}

/** @param path absolute. @throws what loading the module throws */
export async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const compiling = new Module(path) as unknown as Compiling;
  compiling._compile('module.exports = (url) => import(url);', path);
  return (compiling.exports as Import)(pathToFileURL(path).href);
}
