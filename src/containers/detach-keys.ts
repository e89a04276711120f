// The keys by which a terminal leaves a container that runs on (`--detach-keys`; moby/term ascii.go). Pure.
import { TsbuildError } from '../core/errors.js';

export const DEFAULT_KEYS = 'ctrl-p,ctrl-q';

const CONTROLS: Readonly<Record<string, number>> = { '@': 0, '[': 27, '\\': 28, ']': 29, '^': 30, _: 31 };

/** `ctrl-p,ctrl-q` as bytes. Empty: none. @throws TsbuildError OPTION_INVALID */
export function parseKeys(text: string): Uint8Array {
  if (text === '') return Uint8Array.of();
  return Uint8Array.from(text.split(',').map((key) => codeOf(key, text)));
}

function codeOf(key: string, text: string): number {
  const [, control] = /^ctrl-(.)$/i.exec(key) ?? [];
  const code = control === undefined ? undefined : (CONTROLS[control] ?? letterCode(control));
  if (code !== undefined) return code;
  if (control === undefined && key.length === 1 && key < '\x7f') return key.charCodeAt(0);
  throw new TsbuildError('OPTION_INVALID', `invalid detach keys (${text}): unknown character: ${key}`, {
    hint: 'write single characters or ctrl-a to ctrl-z, with commas between them',
  });
}

function letterCode(letter: string): number | undefined {
  const code = letter.toLowerCase().charCodeAt(0) - 96;
  return code >= 1 && code <= 26 ? code : undefined;
}

export interface KeyWatch {
  /** What is to be passed on: a beginning of the keys is held back until it is known for one. */
  take(data: Uint8Array): { readonly passed: Uint8Array; readonly isMatched: boolean };
}

export function createKeyWatch(keys: Uint8Array): KeyWatch {
  let matched = 0;
  return {
    take(data) {
      const passed: number[] = [];
      for (const byte of data) {
        if (keys.length > 0 && byte === keys[matched]) {
          if (++matched === keys.length) return { passed: Uint8Array.from(passed), isMatched: true };
          continue;
        }
        passed.push(...keys.subarray(0, matched));
        matched = keys.length > 0 && byte === keys[0] ? 1 : 0;
        if (matched === 0) passed.push(byte);
      }
      return { passed: Uint8Array.from(passed), isMatched: false };
    },
  };
}
