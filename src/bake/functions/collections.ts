// Functions of lists and objects (cty's function/stdlib, collection.go, sequence.go and set.go).
import type { HclFunction } from '../hcl/evaluate.js';
import { distinct } from '../hcl/types.js';
import {
  areEqual,
  compareTexts,
  entriesOf,
  isList,
  isObject,
  numberOf,
  objectOf,
  textOf,
  type Value,
} from '../hcl/values.js';
import { argumentsOf, refuse } from './arguments.js';

const ofList =
  (change: (list: readonly Value[]) => Value): HclFunction =>
  (...args) =>
    change(argumentsOf(args, 1).list(0));

function has(list: readonly Value[], value: Value): boolean {
  return list.some((one) => areEqual(one, value));
}

function lists(args: readonly Value[]): readonly (readonly Value[])[] {
  const given = argumentsOf(args, 1, Infinity);
  return args.map((_, index) => given.list(index));
}

function flattened(list: readonly Value[]): readonly Value[] {
  return list.flatMap((one) => (isList(one) ? flattened(one) : [one]));
}

function lengthOf(value: Value): number {
  if (isList(value)) return value.length;
  return isObject(value) ? [...value.keys()].length : refuse('it needs a list or an object');
}

function sorted(list: readonly Value[]): Value {
  return list.map((one) => textOf(one) ?? refuse('the list must hold texts')).sort(compareTexts);
}

function product(of: readonly (readonly Value[])[]): readonly (readonly Value[])[] {
  return of.reduce<readonly (readonly Value[])[]>(
    (made, list) => made.flatMap((row) => list.map((one) => [...row, one])),
    [[]],
  );
}

export const COLLECTION_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  length: (...args) => lengthOf(argumentsOf(args, 1).value(0)),
  concat: (...args) => lists(args).flat(),
  compact: ofList((list) => list.filter((one) => one !== null && one !== '')),
  distinct: ofList(distinct),
  flatten: ofList(flattened),
  reverselist: ofList((list) => [...list].reverse()),
  sort: ofList(sorted),
  contains(...args) {
    const given = argumentsOf(args, 2);
    return has(given.list(0), given.value(1));
  },
  indexof(...args) {
    const given = argumentsOf(args, 2);
    const found = given.list(0).findIndex((one) => areEqual(one, given.value(1)));
    return found >= 0 ? found : refuse('item not found');
  },
  element(...args) {
    const given = argumentsOf(args, 2);
    const list = given.list(0);
    if (list.length === 0) refuse('an empty list has no elements');
    const index = given.whole(1) % list.length;
    return list[index < 0 ? index + list.length : index]!;
  },
  index(...args) {
    const given = argumentsOf(args, 2);
    const [of, key] = [given.value(0), given.value(1)];
    const found = isList(of) ? of[numberOf(key) ?? -1] : isObject(of) ? of.get(textOf(key) ?? '') : undefined;
    return found ?? refuse('there is no such element');
  },
  hasindex(...args) {
    const given = argumentsOf(args, 2);
    const [of, key] = [given.value(0), given.value(1)];
    if (isList(of)) return of[numberOf(key) ?? -1] !== undefined;
    return isObject(of) && of.has(textOf(key) ?? '');
  },
  slice(...args) {
    const given = argumentsOf(args, 3);
    const [list, start, end] = [given.list(0), given.whole(1), given.whole(2)];
    if (start < 0 || end > list.length || start > end) refuse(`the list has ${list.length} elements`);
    return list.slice(start, end);
  },
  chunklist(...args) {
    const given = argumentsOf(args, 2);
    const [list, size] = [given.list(0), given.whole(1)];
    if (size < 1) return [list];
    return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
      list.slice(i * size, (i + 1) * size),
    );
  },
  coalesce: (...args) => args.find((one) => one !== null) ?? refuse('no argument has a value'),
  coalescelist: (...args) => lists(args).find((list) => list.length > 0) ?? refuse('no list has elements'),
  keys: (...args) => [...argumentsOf(args, 1).object(0).keys()],
  values: (...args) => entriesOf(argumentsOf(args, 1).object(0)).map(([, value]) => value),
  lookup(...args) {
    const given = argumentsOf(args, 2, 3);
    const found = given.object(0).get(given.text(1));
    if (found !== undefined) return found;
    return args.length === 3 ? given.value(2) : refuse(`there is no key ${given.text(1)}`);
  },
  merge(...args) {
    const given = argumentsOf(args, 1, Infinity);
    return objectOf(args.flatMap((one, index) => (one === null ? [] : entriesOf(given.object(index)))));
  },
  zipmap(...args) {
    const given = argumentsOf(args, 2);
    const [keys, values] = [given.list(0), given.list(1)];
    if (keys.length !== values.length) refuse('the lists have different lengths');
    return objectOf(
      keys.map((key, i) => [textOf(key) ?? refuse('a key must be a text'), values[i]!] as const),
    );
  },
  sethaselement(...args) {
    const given = argumentsOf(args, 2);
    return has(given.list(0), given.value(1));
  },
  setproduct: (...args) => product(lists(args)),
  setunion: (...args) => distinct(lists(args).flat()),
  setintersection(...args) {
    const [first = [], ...others] = lists(args);
    return distinct(first.filter((one) => others.every((other) => has(other, one))));
  },
  setsubtract(...args) {
    const given = argumentsOf(args, 2);
    return distinct(given.list(0).filter((one) => !has(given.list(1), one)));
  },
  setsymmetricdifference(...args) {
    const all = lists(args);
    return distinct(all.flat()).filter((one) => all.filter((list) => has(list, one)).length % 2 === 1);
  },
};
