// Sizes in options.
export { parseSize } from '../../core/parse-size.js';
