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

let isShort = false;

/**
 * Sets V8 for a process that ends soon: no optimised code for a while, and a young generation that grows at once in place of being
 * collected again and again. Node has its own modules compiled for the usual flags only, so what is needed of them is loaded before.
 */
function expectShortRun() {
  for (const name of NEEDED) require(name);
  isShort = true;
  v8.setFlagsFromString('--semi-space-growth-factor=8');
  optimiseLater(15);
  // Most functions run a few hundred times at most, which goes faster when they are not met as strangers for half of it.
  rememberObjectsAfter(300);
}

/** The usual flags, but for code that is optimised early: most of what steps run is used a few times. */
function expectWork() {
  if (!isShort) return;
  isShort = false;
  v8.setFlagsFromString('--semi-space-growth-factor=2');
  optimiseLater(4);
}

/** Compiled code is kept for a process that starts with the usual flags. */
function useFlagsOfStart() {
  expectWork();
  optimiseLater(1);
  rememberObjectsAfter();
}

function requireForCommand(name) {
  if (!NEEDED.includes(name)) expectWork();
  return require(name);
}

const script = openScript(path.join(__dirname, '..', 'dist', 'cli', 'main.cjs'));
if (script) {
  script.run(requireForCommand);
  // What has run so far only wired things up.
  if (!SHORT_COMMANDS.has(process.argv[2] ?? '')) {
    expectShortRun();
    script.keep(useFlagsOfStart, () => !isShort);
  }
} else {
  process.stderr.write('ERROR: dist/ is missing\nhint: npm run build\n');
  process.exitCode = 70;
}
