// The one setting of V8 that is changed, once, before it compiles anything of tsbuild's.

/** Of Node 20 alone: later ones begin to optimise later by themselves. */
const OPTIMISES_EARLY = process.versions.v8.startsWith('11.3.');
/** What a function must have run before it is optimised, in bytes of its bytecode; 67584 by default. */
const BUDGET = 200_000;

/**
 * Has V8 optimise a function later, in a process that ends soon: most functions run a few hundred times at most, and a
 * third of the processor goes to making code that is hardly used. On Node 20 that is 44 ms of CPU of a build of hits,
 * 75 of an edit, and 190 of 30 small commands. V8 then refuses the compiled form of Node's own modules, so what every
 * process needs of them is to be loaded before.
 */
export function optimiseLater(): void {
  // Loaded only where it is needed.
  if (OPTIMISES_EARLY) process.getBuiltinModule('node:v8').setFlagsFromString(`--interrupt-budget=${BUDGET}`);
}
