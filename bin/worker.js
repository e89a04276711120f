// Starts the bundled worker (src/worker/main.ts): a RUN waits for it, and compiling it would take a fifth of its start.
'use strict';
const path = require('node:path');
const { openScript, setV8 } = require('./compiled-script.js');

const script = openScript(path.join(__dirname, '..', 'dist', 'worker', 'main.cjs'));
script.run(require);
script.keep(() => setV8('usual'));
// Behind the modules that it loads at once.
setImmediate(() => setV8('worker'));
