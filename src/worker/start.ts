// Starts the worker, worker/main, from its compiled form: a command waits for it, and compiling it would take a fifth
// of its start. The argument is the folder for the compiled form, since the worker has no environment.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { openScript } from '../host/compiled-script.js';
import { optimiseLater } from '../host/optimise-later.js';

/** What every worker needs of Node, loaded before V8 is set. */
const NEEDED = ['node:net', 'node:os', 'node:timers/promises', 'node:path/posix', 'node:process'];

const path = fileURLToPath(new URL('main.cjs', import.meta.url));
const load = createRequire(path);
for (const name of NEEDED) load(name);
optimiseLater();
const script = openScript(path, process.argv[2]);
script.run(load);
script.keepAtExit(() => true);
