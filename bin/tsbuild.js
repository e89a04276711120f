#!/usr/bin/env node
// Starts the bundled command line. Compiling it takes longer than a build that has nothing to do, so V8's compiled form is kept.
'use strict';
const path = require('node:path');
const { openScript, setV8 } = require('./compiled-script.js');

/** Too little of the code runs in these for its compiled form to be worth keeping. */
const SHORT_COMMANDS = new Set(['version', '--version', '-v', 'help', '--help', '-h', 'check', 'doctor']);

/** Nothing is printed on the way: the standard streams stay closed. */
const isQuiet = process.argv.some((arg) => /^(quiet|-q|--quiet|--progress=(quiet|none))$/.test(arg));

/** All that a build without work to do needs of Node. */
const NEEDED = [
  'node:fs',
  'node:path',
  'node:url',
  'node:util',
  ...(isQuiet ? [] : ['node:net']),
  'node:os',
  'node:module',
  'node:crypto',
];

/** How V8 is set: as at the start, for a build without work to do, or for one with work. */
let mode = 'usual';

function set(next) {
  mode = next;
  setV8(next);
}

/** V8 takes compiled code, that of Node's own modules too, only with the flags that it was made with. */
function requireForCommand(name) {
  if (mode === 'usual' || NEEDED.includes(name)) return require(name);
  setV8('usual');
  const loaded = require(name);
  set('work');
  return loaded;
}

const script = openScript(path.join(__dirname, '..', 'dist', 'cli', 'main.cjs'));
if (script) {
  script.run(requireForCommand);
  // What has run so far only wired things up.
  if (!SHORT_COMMANDS.has(process.argv[2] ?? '')) {
    for (const name of NEEDED) require(name);
    set('short');
    script.keep(
      () => setV8('usual'),
      () => mode === 'work',
    );
  }
} else {
  process.stderr.write('ERROR: dist/ is missing\nhint: npm run build\n');
  process.exitCode = 70;
}
