// Starts the bundled worker (src/builder/worker/main.ts): a RUN waits for it, and compiling it would take a fifth of its start.
'use strict';
const path = require('node:path');
const { openScript, optimiseLater, optimiseLittleAtOnce } = require('./compiled-script.js');

const script = openScript(path.join(__dirname, '..', 'dist', 'builder', 'worker', 'main.cjs'));
script.run(require);
script.keep(() => {
  optimiseLater(1);
  optimiseLittleAtOnce();
});
// Behind the modules that it loads at once. Unpacking and reading thousands of files is to become fast soon.
setImmediate(() => {
  optimiseLater(3);
  optimiseLittleAtOnce(300);
});
