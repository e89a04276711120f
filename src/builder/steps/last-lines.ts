// The last lines of a command's output as text that can be shown anywhere. Pure.
import { lastDrawn, sanitizeLog } from '../../core/visible-text.js';

/** As many as BuildKit shows of a step that failed. */
const LINES = 10;

/** Empty lines count for nothing; of a line that was written anew after a carriage return the last form is taken. */
export function lastLines(output: string): string {
  return output
    .split('\n')
    .map((line) => sanitizeLog(lastDrawn(line), { colors: 'drop' }).trimEnd())
    .filter((line) => line !== '')
    .slice(-LINES)
    .join('\n');
}
