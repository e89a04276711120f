// What a build prints must not be able to move the cursor, recolour or forge lines of ours: step names, messages and
// file contents come from the user and from strangers. Names and messages show control characters as `\xNN`; log output
// keeps colours (SGR) in plain mode, as BuildKit passes them, and loses every other escape sequence and control
// character.

import { shorten } from '../../core/shorten.js';

/** Lines of a message that are shown. */
const MOST_LINES = 60;

// Bidirectional marks and overrides reorder the text on a screen, so they count as control characters.
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const SGR = /^\x1b\[[0-9;:]*m$/;
// CSI; OSC, DCS, SOS, PM and APC strings up to their terminator; two-character escapes; then the 8-bit CSI.
const SEQUENCE =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]/g;
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\x9c]{0,1024}|[ -/]*)$/;
const RESET = '\x1b[0m';

/** For one line: every control character but the tab becomes visible text. */
export function escapeLine(text: string): string {
  return text.replace(CONTROL, (character) => {
    if (character === '\n') return '\\n';
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/**
 * For a message that may have several lines: those after the first are indented, so that none looks like a line of
 * ours. A long line is cut, and so are very many: the text of an instruction may have megabytes.
 */
export function escapeMessage(text: string): string {
  const lines = text.split(/\r?\n/, MOST_LINES);
  return lines.map((line) => escapeLine(shorten(line))).join('\n  ');
}

/** JSON in which the characters that a terminal obeys are `\uNNNN`; its value is the same. */
export function escapeJson(json: string): string {
  return json.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** One line of log output. With `colors: 'keep'` SGR sequences stay and are reset at the end. */
export function sanitizeLog(text: string, { colors }: { readonly colors: 'keep' | 'drop' }): string {
  let hasColor = false;
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    parts.push(text.slice(end, match.index).replace(CONTROL, ''));
    end = match.index + match[0].length;
    if (colors === 'drop' || !SGR.test(match[0])) continue;
    hasColor = true;
    parts.push(match[0]);
  }
  parts.push(text.slice(end).replace(CONTROL, ''));
  return parts.join('') + (hasColor ? RESET : '');
}

/** Length of the text without an escape sequence that has begun at its end and is not complete. */
export function completeLength(text: string): number {
  const match = UNFINISHED.exec(text.slice(-1100));
  return match ? text.length - match[0].length : text.length;
}
