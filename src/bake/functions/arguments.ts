// How functions read their arguments. What does not fit is refused with its number.
import { TsbuildError } from '../../core/errors.js';
import {
  boolOf,
  isList,
  isObject,
  kindOf,
  numberOf,
  textOf,
  type ObjectValue,
  type Value,
} from '../hcl/values.js';

export function refuse(message: string): never {
  throw new TsbuildError('BAKE_INVALID', message);
}

export interface Arguments {
  readonly all: readonly Value[];
  text(index: number): string;
  number(index: number): number;
  whole(index: number): number;
  bool(index: number): boolean;
  list(index: number): readonly Value[];
  object(index: number): ObjectValue;
  value(index: number): Value;
}

/** @param most of the arguments; default `least` */
export function argumentsOf(all: readonly Value[], least: number, most = least): Arguments {
  if (all.length < least || all.length > most)
    refuse(
      `the number of arguments is ${least === most ? least : `${least} to ${most}`}, and ${all.length} were given`,
    );
  const read = <T>(index: number, wanted: string, found: T | undefined): T => {
    if (found !== undefined) return found;
    return refuse(`argument ${index + 1} must be ${wanted}, and it is ${kindOf(all[index] ?? null)}`);
  };
  const value = (index: number): Value => all[index] ?? null;
  const number = (index: number): number => read(index, 'a number', numberOf(value(index)));
  return {
    all,
    text: (index) => read(index, 'a text', textOf(value(index))),
    number,
    whole(index) {
      const found = number(index);
      return read(index, 'a whole number', Number.isSafeInteger(found) ? found : undefined);
    },
    bool: (index) => read(index, 'true or false', boolOf(value(index))),
    list(index) {
      const found = value(index);
      return read(index, 'a list', isList(found) ? found : undefined);
    },
    object(index) {
      const found = value(index);
      return read(index, 'an object', isObject(found) ? found : undefined);
    },
    value,
  };
}
