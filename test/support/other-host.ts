// Loaded into a tsbuild by `node --import`: makes it believe that it runs on another operating system, without the
// package for system calls and without Linux's /proc and /sys. What an import of this file does is the point of it.
import fs from 'node:fs';
import Module, { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);
// Its binary for Linux is what can be loaded here; on the other system npm would have installed another one.
require('@napi-rs/xattr');

const notFound = (what: string, code: string): never => {
  throw Object.assign(new Error(`${code}: ${what}`), { code });
};

/** Every function of the module that takes a path first refuses those of Linux's own file systems. */
function hideKernelFiles(functions: object): void {
  for (const [name, original] of Object.entries(functions)) {
    if (typeof original !== 'function' || /^[A-Z_]/.test(name)) continue;
    const hiding = function (this: unknown, ...args: unknown[]): unknown {
      if (/^\/(proc|sys)\//.test(String(args[0]))) notFound(String(args[0]), 'ENOENT');
      return Reflect.apply(original, this, args);
    };
    Object.assign(functions, { [name]: Object.assign(hiding, original) });
  }
}

hideKernelFiles(fs);
hideKernelFiles(fs.promises);
syncBuiltinESMExports();

const resolver: unknown = Reflect.get(Module, '_resolveFilename');
if (typeof resolver !== 'function') throw new Error('this Node resolves modules in another way');
Reflect.set(Module, '_resolveFilename', function (this: unknown, request: string, ...rest: unknown[]) {
  if (request === 'koffi') notFound('koffi', 'MODULE_NOT_FOUND');
  return Reflect.apply(resolver, this, [request, ...rest]) as unknown;
});

Object.defineProperty(process, 'platform', { value: 'darwin' });
