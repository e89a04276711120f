// Loads a bundled script with V8's compiled form of it, which is kept beside it: whoever may write that may write the script too. V8
// refuses what another version of it has made. And says when V8 begins to optimise code. One file, since each costs at every start.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** V8 compares its version and its flags, but of the source no more than the length, so the name says which file was compiled. */
function compiledName(file, source) {
  const { mtimeMs } = fs.statSync(file);
  return `${file}.${process.arch}-${process.versions.v8}-${source.length}-${Math.trunc(mtimeMs)}`;
}

/** The bytes of a file; undefined when it is not there or not readable. */
function read(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
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
    // Whatever the umask: who can write it can execute code.
    fs.writeFileSync(temporary, data, { flag: 'wx', mode: 0o644 });
    fs.renameSync(temporary, file);
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

/** The last byte of a kept form: whether another process may still add functions that it ran. */
const MAY_GROW = 0;
const IS_SETTLED = 1;
/** Of its size, below which it is not worth writing again. */
const GROWTH = 1.02;

function writeForm(file, data, state) {
  write(file, Buffer.concat([data, Buffer.of(state)]));
}

/**
 * Keeps the compiled form, with the functions that ran. `beforeKeeping` sets V8 as it is at the start of a process.
 * V8 forgets the code of a function that has not run for a while, and the outermost one, which takes longest to compile, runs
 * once, at the start: so it is told to forget nothing.
 */
function keepAtEnd(script, compiled, { beforeKeeping }) {
  // Not loaded before it is needed: that takes a tenth of the start of a worker.
  const v8 = require('node:v8');
  v8.setFlagsFromString('--no-flush-bytecode');
  process.once('exit', (status) => {
    // A compiled form is taken only by a V8 with the flags that it was made with.
    v8.setFlagsFromString('--flush-bytecode');
    beforeKeeping();
    if (status === 0) writeForm(compiled, script.createCachedData(), MAY_GROW);
  });
}

/** Adds the functions that only this process ran, until one has none to add. */
function addAtEnd(script, compiled, { known, beforeKeeping, isWorth }) {
  process.once('exit', (status) => {
    if (status !== 0 || !isWorth()) return;
    beforeKeeping();
    const data = script.createCachedData();
    if (data.length > known.length * GROWTH) writeForm(compiled, data, MAY_GROW);
    else writeForm(compiled, known, IS_SETTLED);
  });
}

/**
 * A script whose value is a function of `require` and the path of the file; undefined when there is none. `keep` has its compiled form
 * kept at the end of the process, unless the place is not writable: then each start compiles. What is kept may grow at the end of processes
 * that are worth it.
 */
function openScript(file) {
  const source = read(file);
  if (!source) return undefined;
  const compiled = compiledName(file, source);
  const kept = read(compiled);
  const cachedData = kept?.subarray(0, -1);
  // Bundles are ASCII, which makes the fastest kind of string.
  const script = new vm.Script(source.latin1Slice(), { filename: file, cachedData });
  const isCompiled = cachedData !== undefined && !script.cachedDataRejected;
  return {
    run: (requireIt) => script.runInThisContext()(requireIt, file),
    keep(beforeKeeping, isWorth = () => true) {
      if ((isCompiled && kept.at(-1) === IS_SETTLED) || !isWritable(path.dirname(file))) return;
      if (isCompiled) addAtEnd(script, compiled, { known: cachedData, beforeKeeping, isWorth });
      else keepAtEnd(script, compiled, { beforeKeeping });
    },
  };
}

/**
 * Node 20 alone begins to optimise so early that most of what it compiles is used a few times: in builds of small steps that takes a third
 * of the processor.
 */
const OPTIMISES_EARLY = process.versions.v8.startsWith('11.3.');
const BUDGET = 67584;

/** How V8 is set at the start of a process. */
const USUAL = {
  '--semi-space-growth-factor': 2,
  ...(OPTIMISES_EARLY && {
    // What a function must have run, in bytes of its bytecode, before it is optimised, and before V8 remembers which objects it meets.
    '--interrupt-budget': BUDGET,
    '--interrupt-budget-for-feedback-allocation': 940,
    // How much a function takes in of what it calls, in bytes of bytecode.
    '--max-inlined-bytecode-size-cumulative': 920,
  }),
};

const SETTINGS = {
  usual: USUAL,
  /**
   * For a process that ends soon: no optimised code for a while, and a young generation that grows at once in place of being collected again
   * and again. Most functions run a few hundred times at most, which goes faster when they are not met as strangers for half of it.
   */
  short: {
    ...USUAL,
    '--semi-space-growth-factor': 8,
    '--interrupt-budget': 15 * BUDGET,
    '--interrupt-budget-for-feedback-allocation': 300,
  },
  /** For a build that makes something: most of what its steps run is used a few times too. */
  work: {
    ...USUAL,
    '--interrupt-budget': 2 * BUDGET,
    '--interrupt-budget-for-feedback-allocation': 300,
  },
  /**
   * For the worker: unpacking and reading thousands of files is to become fast soon, but what takes in all that it calls takes 40 ms to
   * optimise, on a core that is needed.
   */
  worker: { ...USUAL, '--interrupt-budget': 3 * BUDGET, '--max-inlined-bytecode-size-cumulative': 300 },
};

let current = USUAL;

/**
 * Sets V8. Node has its own modules compiled for the usual flags only, so what is needed of them is to be loaded before.
 * @param {keyof typeof SETTINGS} name
 */
function setV8(name) {
  const next = SETTINGS[name];
  // What takes long to load is not loaded where nothing is to be set.
  for (const flag in USUAL)
    if (next[flag] !== current[flag]) require('node:v8').setFlagsFromString(`${flag}=${next[flag]}`);
  current = next;
}

module.exports = { openScript, setV8 };
