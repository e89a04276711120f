// What a build prints must not be able to move the cursor, recolour or forge lines of ours: step names, messages and
// file contents come from the user and from strangers. Names and messages show control characters as `\xNN`; log output
// keeps colours (SGR) in plain mode, as BuildKit passes them, and loses every other escape sequence and control
// character.

import { shorten } from '../../core/shorten.js';
import { escapeLine } from '../../core/visible-text.js';

export { escapeJson, escapeLine, sanitizeLog } from '../../core/visible-text.js';

/** Lines of a message that are shown. */
const MOST_LINES = 60;

const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\x9c]{0,1024}|[ -/]*)$/;

/**
 * For a message that may have several lines: those after the first are indented, so that none looks like a line of
 * ours. A long line is cut, and so are very many: the text of an instruction may have megabytes.
 */
export function escapeMessage(text: string): string {
  const lines = text.split(/\r?\n/, MOST_LINES);
  return lines.map((line) => escapeLine(shorten(line))).join('\n  ');
}

/** Length of the text without an escape sequence that has begun at its end and is not complete. */
export function completeLength(text: string): number {
  const match = UNFINISHED.exec(text.slice(-1100));
  return match ? text.length - match[0].length : text.length;
}
