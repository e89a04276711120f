// Loads a bundled script with V8's compiled form of it, which is kept beside it: whoever may write that may write the script too. V8
// refuses what another version of it has made.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');

/** V8 compares no more than the length of the source, so the name says which file was compiled. */
function compiledName(file, source) {
  const { mtimeMs } = fs.statSync(file);
  return `${file}.${process.arch}-${v8.cachedDataVersionTag()}-${source.length}-${Math.trunc(mtimeMs)}`;
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

/**
 * Keeps the compiled form, with the functions that ran. `beforeKeeping` sets V8 as it is at the start of a process.
 * V8 forgets the code of a function that has not run for a while, and the outermost one, which takes longest to compile, runs
 * once, at the start: so it is told to forget nothing.
 */
function keepAtEnd(script, compiled, beforeKeeping) {
  v8.setFlagsFromString('--no-flush-bytecode');
  process.once('exit', (status) => {
    // A compiled form is taken only by a V8 with the flags that it was made with.
    v8.setFlagsFromString('--flush-bytecode');
    beforeKeeping();
    if (status === 0) write(compiled, script.createCachedData());
  });
}

/**
 * A script whose value is a function of `require` and the path of the file; undefined when there is none. `keep` has its compiled form
 * kept at the end of the process, unless there is one or the place is not writable: then each start compiles.
 */
function openScript(file) {
  const source = read(file);
  if (!source) return undefined;
  const compiled = compiledName(file, source);
  const cachedData = read(compiled);
  // Bundles are ASCII, which makes the fastest kind of string.
  const script = new vm.Script(source.latin1Slice(), { filename: file, cachedData });
  const isCompiled = cachedData !== undefined && !script.cachedDataRejected;
  return {
    run: (requireIt) => script.runInThisContext()(requireIt, file),
    keep(beforeKeeping = () => undefined) {
      if (!isCompiled && isWritable(path.dirname(file))) keepAtEnd(script, compiled, beforeKeeping);
    },
  };
}

module.exports = { openScript };
