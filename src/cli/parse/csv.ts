// CSV in options.
export { parseCsvFields, parseCsvPairs } from '../../core/csv.js';
