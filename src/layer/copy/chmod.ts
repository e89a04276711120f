// COPY --chmod: octal or symbolic modes. Symbolic ones follow BSD setmode(3) with an umask of 0, as
// tonistiigi/dchapes-mode does, which also knows `-X`: it clears x. Modes are the 12 low bits.
import { TsbuildError } from '../../core/errors.js';

const SET_ID = 0o6000;
const STICKY = 0o1000;
const ALL_EXECUTE = 0o111;
const OTHERS = 0o007;
const ALL_BITS = 0o7777;

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

/**
 * One operator with its permissions. What stands before a copied class takes effect before it, and `=` behind one
 * clears that again.
 */
function parseAction(who: number, operator: Operator, permissions: string): Change[] {
  const changes: Change[] = [];
  const isOthersOnly = who !== 0 && (who & ~OTHERS) === 0;
  let scope = who;
  let bits = 0;
  let conditional = 0;
  const end = (isAssigning: boolean): void => {
    if (bits !== 0 || isAssigning) changes.push(...assign(operator, scope, bits));
    if (conditional !== 0)
      changes.push({ kind: 'set-if-executable', bits: conditional & (scope || ALL_BITS) });
    bits = conditional = 0;
  };
  for (const letter of permissions) {
    if (letter === 'u' || letter === 'g' || letter === 'o') {
      end(false);
      changes.push({ kind: 'copy', from: letter, who: (scope || ALL_BITS) & 0o777, operator });
    } else if (letter === 'X' && operator !== '-') conditional = ALL_EXECUTE;
    else bits |= permissionBits(letter, isOthersOnly);
    // With nobody named, `t` names the sticky bit alone: `+rt` is `+t`.
    if (letter === 't' && !isOthersOnly) scope |= STICKY;
  }
  end(operator === '=' && !/[ugo]/.test(permissions));
  return changes;
}

function assign(operator: Operator, scope: number, bits: number): Change[] {
  const own = bits & (scope || ALL_BITS);
  if (operator !== '=') return [{ kind: operator === '-' ? 'clear' : 'set', bits: own }];
  return [
    { kind: 'clear', bits: scope || ALL_BITS & ~STICKY },
    { kind: 'set', bits: own },
  ];
}

function permissionBits(letter: string, isOthersOnly: boolean): number {
  const bits: Record<string, number> = { r: 0o444, w: 0o222, x: ALL_EXECUTE, X: ALL_EXECUTE };
  if (letter === 's') return isOthersOnly ? 0 : SET_ID;
  if (letter === 't') return isOthersOnly ? 0 : STICKY;
  return bits[letter] ?? 0;
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
