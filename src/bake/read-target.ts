// Values to a target: each attribute by its form in the table. Objects and the CSV of options come to the same.
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { attestOf, cachesOf, outputOf, secretOf, sshOf, writtenAs } from './entries.js';
import { boolOf, entriesOf, isList, isObject, kindOf, textOf, type Value } from './hcl/values.js';
import { FIELDS, findField, type FieldForm } from './target-fields.js';
import type { TargetSpec } from './target-spec.js';

/** Attributes that are known and refused, with what to do in their place. */
const REFUSED: Readonly<Record<string, string>> = {
  policy: 'name base images by digest',
};

/**
 * Null is as if the attribute were not there.
 * @throws TsbuildError BAKE_INVALID, OPTION_UNSUPPORTED, without a place
 */
export function readField(key: string, value: Value): Partial<TargetSpec> {
  const field = findField(key);
  if (!field) throw unknownField(key);
  if (value === null) return {};
  try {
    return { [field.key]: READERS[field.form](value) };
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    throw error.with({ message: `${key}: ${error.message}` });
  }
}

function unknownField(key: string): TsbuildError {
  if (Object.hasOwn(REFUSED, key))
    return new TsbuildError('OPTION_UNSUPPORTED', `the attribute ${key} of a target is not supported`, {
      hint: REFUSED[key],
    });
  const known = FIELDS.map((field) => field.key);
  return new TsbuildError('BAKE_INVALID', `a target has no attribute ${key}${didYouMean(key, known)}`, {
    hint: `the attributes are ${known.join(', ')}`,
  });
}

const READERS: Readonly<Record<FieldForm, (value: Value) => unknown>> = {
  text,
  flag(value) {
    return boolOf(value) ?? refuse('true or false', value);
  },
  texts: (value) => list(value).flatMap((one) => (one === null ? [] : text(one))),
  map(value) {
    if (!isObject(value)) return refuse('an object', value);
    return Object.fromEntries(entriesOf(value).map(([key, one]) => [key, one === null ? null : text(one)]));
  },
  attests: (value) =>
    entries(value).map((one) => (typeof one === 'string' ? attestOf(one) : textsOf(one, 'type'))),
  caches: (value) =>
    entries(value).flatMap((one) => (typeof one === 'string' ? cachesOf(one) : textsOf(one, 'type'))),
  outputs: (value) =>
    entries(value).map((one) => (typeof one === 'string' ? outputOf(one) : textsOf(one, 'type'))),
  secrets: (value) =>
    entries(value).map((one) => secretOf(typeof one === 'string' ? one : writtenAs(textsOf(one, 'id')))),
  ssh: (value) => entries(value).map((one) => (typeof one === 'string' ? sshOf(one) : sshObject(one))),
};

function list(value: Value): readonly Value[] {
  return isList(value) ? value : refuse('a list', value);
}

function text(value: Value): string {
  return textOf(value) ?? refuse('a text', value);
}

/** Empty texts and nulls stand for no entry. */
function entries(value: Value): readonly Value[] {
  return list(value).filter((one) => one !== null && one !== '');
}

function textsOf(value: Value, needed: string): Readonly<Record<string, string>> {
  if (!isObject(value)) return refuse('a text or an object', value);
  const pairs = entriesOf(value).flatMap(([key, one]) => (one === null ? [] : [[key, text(one)] as const]));
  const found = Object.fromEntries(pairs);
  if (found[needed] !== undefined) return found;
  throw new TsbuildError('BAKE_INVALID', `an entry needs ${needed}`);
}

function sshObject(value: Value): unknown {
  if (!isObject(value)) return refuse('a text or an object', value);
  const paths = value.get('paths') ?? null;
  return {
    id: text(value.get('id') ?? null),
    ...(paths !== null && { paths: list(paths).map(text) }),
  };
}

function refuse(wanted: string, value: Value): never {
  throw new TsbuildError('BAKE_INVALID', `${wanted} is needed, and the value is ${kindOf(value)}`);
}
