// Texts of the user and of strangers that must not move a cursor, recolour or reorder what stands around them: step
// names, messages, file names, output of steps. Pure.

// Bidirectional marks and overrides reorder the text on a screen, so they count as control characters.
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const SGR = /^\x1b\[[0-9;:]*m$/;
// CSI; OSC, DCS, SOS, PM and APC strings up to their terminator; two-character escapes; then the 8-bit CSI.
const SEQUENCE =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]/g;
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

/** JSON in which the characters that a terminal obeys are `\uNNNN`; its value is the same. */
export function escapeJson(json: string): string {
  return json.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A carriage return draws the line anew: its last form. */
export function lastDrawn(line: string): string {
  const kept = line.replace(/\r+$/, '');
  return kept.slice(kept.lastIndexOf('\r') + 1);
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
