// The format strings of `format` (cty's function/stdlib/format.go): verbs of Go's fmt.
import { boolOf, kindOf, numberOf, textOf, toJson, type Value } from '../hcl/values.js';
import { refuse } from './arguments.js';

const VERB = /%(?:(%)|([-+ 0#]*)(\d+)?(?:\.(\d+))?(?:\[(\d+)\])?([a-zA-Z]))/g;

/** @throws TsbuildError BAKE_INVALID */
export function format(pattern: string, values: readonly Value[]): string {
  let next = 0;
  let most = 0;
  const text = pattern.replace(
    VERB,
    (whole, percent?: string, flags = '', width?: string, precision?: string, at?: string, verb = '') => {
      if (percent) return '%';
      const index = at === undefined ? next : Number(at) - 1;
      next = index + 1;
      most = Math.max(most, next);
      if (index >= values.length) refuse(`${whole} has no argument: there are ${values.length}`);
      const shown = shownBy(verb as string, values[index]!, { flags: flags as string, precision });
      return padded(shown, Number(width ?? 0), flags as string);
    },
  );
  if (values.length > most) refuse(`it was given ${values.length} values, and uses ${most}`);
  return text;
}

interface Detail {
  readonly flags: string;
  readonly precision: string | undefined;
}

function shownBy(verb: string, value: Value, { flags, precision }: Detail): string {
  switch (verb) {
    case 'v':
      return textOf(value) ?? JSON.stringify(toJson(value));
    case 's':
    case 'q': {
      const text = textOf(value) ?? refuse(`%${verb} needs a text, and the value is ${kindOf(value)}`);
      const cut = precision === undefined ? text : [...text].slice(0, Number(precision)).join('');
      return verb === 'q' ? JSON.stringify(cut) : cut;
    }
    case 't':
      return String(boolOf(value) ?? refuse(`%t needs true or false, and the value is ${kindOf(value)}`));
    default: {
      const number = numberOf(value) ?? refuse(`%${verb} needs a number, and the value is ${kindOf(value)}`);
      const sign = number < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
      return sign + digitsOf(verb, Math.abs(number), precision);
    }
  }
}

const BASES: Readonly<Record<string, number>> = { d: 10, b: 2, o: 8, x: 16, X: 16 };

function digitsOf(verb: string, number: number, precision: string | undefined): string {
  const base = Object.hasOwn(BASES, verb) ? BASES[verb] : undefined;
  if (base !== undefined) {
    const digits = BigInt(Math.trunc(number)).toString(base);
    return verb === 'X' ? digits.toUpperCase() : digits;
  }
  if (verb === 'f' || verb === 'F') return number.toFixed(Number(precision ?? 6));
  if (verb === 'e' || verb === 'E') {
    const text = number.toExponential(Number(precision ?? 6)).replace(/e([+-])(\d)$/, 'e$10$2');
    return verb === 'E' ? text.toUpperCase() : text;
  }
  if (verb === 'g' || verb === 'G')
    return precision === undefined
      ? String(number)
      : String(Number(number.toPrecision(Number(precision) || 1)));
  return refuse(`the verb %${verb} is not known`);
}

function padded(text: string, width: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  const sign = /^[+\- ]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
