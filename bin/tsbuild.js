#!/usr/bin/env node
// Starts the bundled command line. Compiling it takes longer than a build that has nothing to do, so V8's compiled form is kept
// beside the bundle: whoever may write it may write the bundle too. V8 refuses what another version of it has made.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');

const main = path.join(__dirname, '..', 'dist', 'cli', 'main.cjs');

/** V8 compares no more than the length of the source, so the name says which file was compiled. */
function compiledName(source) {
  const { mtimeMs } = fs.statSync(main);
  return `${main}.${process.arch}-${v8.cachedDataVersionTag()}-${source.length}-${Math.trunc(mtimeMs)}`;
}

/** Too little of the code runs in these for its compiled form to be worth keeping. */
const SHORT_COMMANDS = new Set(['version', '--version', '-v', 'help', '--help', '-h', 'check', 'doctor']);

/** The bytes of a file; undefined when it is not there or not readable. */
function read(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/**
 * Keeps the compiled form, with the functions that ran.
 * V8 forgets the code of a function that has not run for a while, and the outermost one, which takes longest to compile, runs
 * once, at the start: so it is told to forget nothing.
 */
function keepAtEnd(script, compiled) {
  v8.setFlagsFromString('--no-flush-bytecode');
  process.once('exit', (status) => {
    // A compiled form is taken only by a V8 with the flags that it was made with.
    v8.setFlagsFromString('--flush-bytecode');
    expectWork();
    if (status === 0) write(compiled, script.createCachedData());
  });
}

function isWritable(directory) {
  try {
    fs.accessSync(directory, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function write(file, data) {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, data, { flag: 'wx' });
    fs.renameSync(temporary, file);
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

/** All that a build without work to do needs of Node. */
const NEEDED = [
  'node:fs',
  'node:path',
  'node:url',
  'node:util',
  'node:net',
  'node:os',
  'node:module',
  'node:crypto',
];

/** Node 20 alone begins to optimise code so early that it does in builds which end before that pays. */
const OPTIMISES_EARLY = process.versions.v8.startsWith('11.3.');

let isShort = false;

/**
 * Sets V8 for a process that ends soon: no optimised code for a while, and a young generation that grows at once in place of being
 * collected again and again. Node has its own modules compiled for the usual flags only, so what is needed of them is loaded before.
 */
function expectShortRun() {
  for (const name of NEEDED) require(name);
  isShort = true;
  v8.setFlagsFromString('--semi-space-growth-factor=8');
  if (OPTIMISES_EARLY) v8.setFlagsFromString('--interrupt-budget=1000000');
}

/** The usual flags again. */
function expectWork() {
  if (!isShort) return;
  isShort = false;
  v8.setFlagsFromString('--semi-space-growth-factor=2');
  if (OPTIMISES_EARLY) v8.setFlagsFromString('--interrupt-budget=67584');
}

function requireForCommand(name) {
  if (!NEEDED.includes(name)) expectWork();
  return require(name);
}

const source = read(main);
if (source) {
  const compiled = compiledName(source);
  const cachedData = read(compiled);
  // The bundle is ASCII, which makes the fastest kind of string.
  const script = new vm.Script(source.latin1Slice(), { filename: main, cachedData });
  const isCompiled = cachedData !== undefined && !script.cachedDataRejected;
  script.runInThisContext()(requireForCommand, main);
  // What has run so far only wired things up.
  if (!SHORT_COMMANDS.has(process.argv[2] ?? '')) {
    expectShortRun();
    // Elsewhere each start compiles.
    if (!isCompiled && isWritable(path.dirname(compiled))) keepAtEnd(script, compiled);
  }
} else {
  process.stderr.write('ERROR: dist/ is missing\nhint: npm run build\n');
  process.exitCode = 70;
}
