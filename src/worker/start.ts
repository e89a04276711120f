// Starts the worker, worker/main, from its compiled form: a command waits for it, and compiling it would take a fifth
// of its start. The argument is the folder for the compiled form, since the worker has no environment.
// What the worker needs of Node at once, loaded before V8 is set.
import 'node:net';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { openScript } from '../host/compiled-script.js';
import { optimiseLater } from '../host/optimise-later.js';

const path = fileURLToPath(new URL('main.cjs', import.meta.url));
optimiseLater();
const script = openScript(path, process.argv[2]);
script.run(createRequire(path));
script.keepAtExit(() => true);
