// A module of the user's, loaded from its path. Bundled scripts are no modules and cannot import; a script that Node
// compiles with its own loader can.
import { constants, Script } from 'node:vm';
import { pathToFileURL } from 'node:url';

type Import = (url: string) => Promise<Readonly<Record<string, unknown>>>;

/** @param path absolute. @throws what loading the module throws */
export async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const script = new Script('(url) => import(url)', { importModuleDynamically });
  return (script.runInThisContext() as Import)(pathToFileURL(path).href);
}
