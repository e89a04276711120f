// A bundled script that starts from V8's compiled form of it, which is kept with the functions that ran. Later
// processes add theirs, until one has none to add. What Node has for this, module.enableCompileCache, writes a form
// once and never adds to it: a build of hits takes 18 ms of CPU longer with it, and an edit 32 ms. V8 refuses a form
// that another version of it made, or one with other flags.
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Script } from 'node:vm';
import { canKeepForm, readForm, writeForm } from './compiled-form.js';

/** What such a script evaluates to; it loads other modules by the first argument. */
type Main = (require: (name: string) => unknown, path: string) => void;

export interface CompiledScript {
  run(require: (name: string) => unknown): void;
  /**
   * Keeps the compiled form at the end of this process, if that succeeds. A form that is there already gets what this
   * process ran beyond it, and is left as it is from the first process on that `isFull` and adds nothing.
   */
  keepAtExit(isFull: () => boolean): void;
}

/** The last byte of a kept form: whether another process may still add functions that it ran. */
const MAY_GROW = 0;
const IS_SETTLED = 1;
/** Of its size, below which a form is not worth writing again. */
const GROWTH = 1.02;

/** @throws the error of node:fs when the script cannot be read */
export function openScript(path: string, userFolder: string | undefined): CompiledScript {
  const source = readFileSync(path);
  const folders = { script: dirname(path), user: userFolder };
  const name = formName(path, source);
  const kept = readForm(folders, name);
  const cachedData = kept?.subarray(0, -1);
  // Bundles are ASCII, which makes the fastest kind of string.
  const script = new Script(source.toString('latin1'), { filename: path, ...(cachedData && { cachedData }) });
  const known = script.cachedDataRejected === false ? cachedData : undefined;
  return {
    run: (require) => (script.runInThisContext() as Main)(require, path),
    keepAtExit(isFull) {
      if (known && kept?.at(-1) === IS_SETTLED) return;
      process.once('exit', (status) => {
        if (status !== 0 || (known && !isFull()) || !canKeepForm(folders)) return;
        writeForm(folders, name, nextForm(script.createCachedData(), known));
      });
    },
  };
}

function nextForm(data: Buffer, known: Buffer | undefined): Buffer {
  const isGrown = known === undefined || data.length > known.length * GROWTH;
  return isGrown ? Buffer.concat([data, Buffer.of(MAY_GROW)]) : Buffer.concat([known, Buffer.of(IS_SETTLED)]);
}

/**
 * Of the source V8 compares no more than the length, so the name says which one was compiled: the script ends with the
 * digest of itself. To hash it here would take longer than to read it.
 */
function formName(path: string, source: Buffer): string {
  const digest = source.toString('latin1', source.length - DIGEST_LENGTH);
  return `${basename(path, '.cjs')}-${process.arch}-${process.versions.v8}-${digest}.compiled`;
}

/** Hexadecimal digits in the comment that is the last line of a script (scripts/build/script-digest.mjs). */
const DIGEST_LENGTH = 32;
