// COPY --chmod: octal or symbolic modes. Symbolic ones follow BSD setmode(3) with an umask of 0, as tonistiigi/dchapes-mode does
// (dockerfile.md 1.7). Modes are the 12 low bits.
import { TsbuildError } from '../../core/errors.js';

const SET_ID = 0o6000;
const STICKY = 0o1000;
const ALL_EXECUTE = 0o111;

/** One effect on a mode; `bits` and `who` are masks. */
type Change =
  | { readonly kind: 'clear' | 'set' | 'set-if-executable'; readonly bits: number }
  | {
      readonly kind: 'copy';
      readonly from: 'u' | 'g' | 'o';
      readonly who: number;
      readonly operator: Operator;
    };

type Operator = '+' | '-' | '=';

export type ChmodSpec =
  | { readonly kind: 'octal'; readonly mode: number }
  | { readonly kind: 'symbolic'; readonly changes: readonly Change[] };

/** @throws TsbuildError DOCKERFILE_SYNTAX with BuildKit's text */
export function parseChmod(text: string): ChmodSpec {
  if (/^[0-7]+$/.test(text)) {
    const mode = Number.parseInt(text, 8);
    if (mode > 0o7777) throw invalid(text);
    return { kind: 'octal', mode };
  }
  const changes = text.split(',').flatMap((clause) => parseClause(clause) ?? raise(invalid(text)));
  return { kind: 'symbolic', changes };
}

/** `mode` with the change made. Never call it for a symbolic link: those keep their mode. */
export function applyChmod(spec: ChmodSpec, mode: number, { isDirectory }: { isDirectory: boolean }): number {
  if (spec.kind === 'octal') return spec.mode;
  const isExecutable = isDirectory || (mode & ALL_EXECUTE) !== 0;
  return spec.changes.reduce((current, change) => applyChange(change, current, { isExecutable }), mode);
}

/** `[ugoa]*` and then one or more of an operator with its permissions: `u+x-w`. */
function parseClause(clause: string): Change[] | undefined {
  const parts = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause);
  if (!parts) return undefined;
  const who = whoMask(parts[1]!);
  return [...parts[2]!.matchAll(/([-+=])([rwxXstugo]*)/g)].flatMap(([, operator, permissions]) =>
    parseAction(who, operator as Operator, permissions!),
  );
}

/** 0 when nobody is named, which is not the same as `a`: `o+t` is ignored, `+t` is not. */
function whoMask(letters: string): number {
  const masks: Record<string, number> = { u: 0o4700, g: 0o2070, o: 0o007, a: 0o6777 };
  return [...letters].reduce((mask, letter) => mask | masks[letter]!, 0);
}

function parseAction(who: number, operator: Operator, permissions: string): Change[] {
  const isOthersOnly = who !== 0 && (who & ~0o007) === 0;
  const scope = (who || 0o6777) | (permissions.includes('t') && !isOthersOnly ? STICKY : 0);
  const bits =
    [...permissions].reduce((all, letter) => all | permissionBits(letter, isOthersOnly), 0) & scope;
  const copies = [...permissions].filter((letter) => 'ugo'.includes(letter)) as ('u' | 'g' | 'o')[];
  const changes: Change[] = [];
  if (operator === '=' && copies.length === 0) changes.push({ kind: 'clear', bits: scope });
  if (bits !== 0) changes.push({ kind: operator === '-' ? 'clear' : 'set', bits });
  if (permissions.includes('X')) changes.push(conditionalExecute(operator, scope));
  return [
    ...changes,
    ...copies.map((from): Change => ({ kind: 'copy', from, who: scope & 0o777, operator })),
  ];
}

function permissionBits(letter: string, isOthersOnly: boolean): number {
  const bits: Record<string, number> = { r: 0o444, w: 0o222, x: 0o111 };
  if (letter === 's') return isOthersOnly ? 0 : SET_ID;
  if (letter === 't') return isOthersOnly ? 0 : STICKY;
  return bits[letter] ?? 0;
}

function conditionalExecute(operator: Operator, scope: number): Change {
  // setmode(3) knows `X` for adding only: `-X` does nothing.
  return { kind: 'set-if-executable', bits: operator === '-' ? 0 : ALL_EXECUTE & scope };
}

function applyChange(change: Change, mode: number, { isExecutable }: { isExecutable: boolean }): number {
  switch (change.kind) {
    case 'clear':
      return mode & ~change.bits;
    case 'set':
      return mode | change.bits;
    case 'set-if-executable':
      return isExecutable ? mode | change.bits : mode;
    case 'copy':
      return copyBits(change, mode);
  }
}

function copyBits({ from, who, operator }: Extract<Change, { kind: 'copy' }>, mode: number): number {
  const shift = { u: 6, g: 3, o: 0 }[from];
  const value = (((mode >> shift) & 0o7) * 0o111) & who;
  if (operator === '-') return mode & ~value;
  return (operator === '=' ? mode & ~who : mode) | value;
}

function raise(error: TsbuildError): never {
  throw error;
}

function invalid(text: string): TsbuildError {
  const rule = 'it should be octal string and between 0 and 07777';
  return new TsbuildError('DOCKERFILE_SYNTAX', `invalid chmod parameter: '${text}'. ${rule}`, {
    hint: 'write an octal mode such as 0755 or a symbolic one such as u=rwX,go=rX',
  });
}
