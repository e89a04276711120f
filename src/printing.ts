// The functions that show what happens, each loaded when it is first called: a program that shows nothing loads none.
import type { formatError as FormatError } from './format-error.js';
import type { printProgress as PrintProgress } from './print-progress.js';

export const printProgress: typeof PrintProgress = async (...args) =>
  (await import('./print-progress.js')).printProgress(...args);
export const formatError: typeof FormatError = async (...args) =>
  (await import('./format-error.js')).formatError(...args);
