#!/usr/bin/env node
// Starts the bundled command line. Compiling it takes longer than a build that has nothing to do, so V8's compiled form is kept.
'use strict';
const path = require('node:path');
const v8 = require('node:v8');
const { openScript, optimiseLater, rememberObjectsAfter } = require('./compiled-script.js');

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
let mode = 'start';

/**
 * Sets V8 for a process that ends soon: no optimised code for a while, and a young generation that grows at once in place of being
 * collected again and again.
 */
function expectShortRun() {
  for (const name of NEEDED) require(name);
  mode = 'short';
  v8.setFlagsFromString('--semi-space-growth-factor=8');
  optimiseLater(15);
  // Most functions run a few hundred times at most, which goes faster when they are not met as strangers for half of it.
  rememberObjectsAfter(300);
}

/** As at the start: V8 takes compiled code, that of Node's own modules too, only with the flags that it was made with. */
function useFlagsOfStart() {
  v8.setFlagsFromString('--semi-space-growth-factor=2');
  optimiseLater(1);
  rememberObjectsAfter();
}

/** Most of what steps run is used a few times too. */
function expectWork() {
  mode = 'work';
  optimiseLater(2);
  rememberObjectsAfter(300);
}

function requireForCommand(name) {
  if (mode === 'start' || NEEDED.includes(name)) return require(name);
  useFlagsOfStart();
  const loaded = require(name);
  expectWork();
  return loaded;
}

const script = openScript(path.join(__dirname, '..', 'dist', 'cli', 'main.cjs'));
if (script) {
  script.run(requireForCommand);
  // What has run so far only wired things up.
  if (!SHORT_COMMANDS.has(process.argv[2] ?? '')) {
    expectShortRun();
    script.keep(useFlagsOfStart, () => mode === 'work');
  }
} else {
  process.stderr.write('ERROR: dist/ is missing\nhint: npm run build\n');
  process.exitCode = 70;
}
