// Variables in the texts of a compose file (compose-spec, Interpolation): $NAME, ${NAME}, ${NAME:-default},
// ${NAME:?message}, ${NAME:+other}, each without the colon too; $$ is a dollar.
import { TsbuildError } from '../../core/errors.js';

export type LookUp = (name: string) => string | undefined;

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const OPERATORS = [':-', ':?', ':+', '-', '?', '+'] as const;

/** All texts of a document; keys stay as they are. @throws TsbuildError BAKE_INVALID */
export function interpolateAll(value: unknown, lookUp: LookUp): unknown {
  if (typeof value === 'string') return interpolate(value, lookUp);
  if (Array.isArray(value)) return value.map((one: unknown) => interpolateAll(one, lookUp));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, interpolateAll(one, lookUp)]));
}

/** A variable that is not set is empty. @throws TsbuildError BAKE_INVALID */
export function interpolate(text: string, lookUp: LookUp): string {
  let made = '';
  for (let at = 0; at < text.length;) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return made + text.slice(at);
    made += text.slice(at, dollar);
    const rest = text.slice(dollar + 1);
    const bare = NAME.exec(rest)?.[0];
    if (rest.startsWith('$')) {
      made += '$';
      at = dollar + 2;
    } else if (bare !== undefined) {
      made += lookUp(bare) ?? '';
      at = dollar + 1 + bare.length;
    } else if (rest.startsWith('{')) {
      const close = closingOf(text, dollar + 2);
      made += substituted(text.slice(dollar + 2, close), text, lookUp);
      at = close + 1;
    } else throw invalid(text);
  }
  return made;
}

/** Of `${`, past those inside. */
function closingOf(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  throw invalid(text);
}

function substituted(inside: string, text: string, lookUp: LookUp): string {
  const name = NAME.exec(inside)?.[0];
  if (name === undefined) throw invalid(text);
  const rest = inside.slice(name.length);
  const value = lookUp(name);
  if (rest === '') return value ?? '';
  const operator = OPERATORS.find((one) => rest.startsWith(one));
  if (operator === undefined) throw invalid(text);
  const other = rest.slice(operator.length);
  const isThere = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  switch (operator.at(-1)) {
    case '-':
      return isThere ? value! : interpolate(other, lookUp);
    case '+':
      return isThere ? interpolate(other, lookUp) : '';
    default:
      if (isThere) return value!;
      throw new TsbuildError(
        'BAKE_INVALID',
        `required variable ${name} is missing a value: ${interpolate(other, lookUp)}`,
      );
  }
}

function invalid(text: string): TsbuildError {
  return new TsbuildError('BAKE_INVALID', `invalid interpolation format in ${JSON.stringify(text)}`, {
    hint: 'a dollar itself is written $$',
  });
}
