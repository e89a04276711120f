// Functions of numbers and truth (cty's function/stdlib, number.go, bool.go and general.go).
import type { HclFunction } from '../hcl/evaluate.js';
import { areEqual, type Value } from '../hcl/values.js';
import { argumentsOf, refuse } from './arguments.js';

const ofNumber =
  (change: (number: number) => Value): HclFunction =>
  (...args) =>
    change(argumentsOf(args, 1).number(0));

const ofTwoNumbers =
  (change: (a: number, b: number) => Value): HclFunction =>
  (...args) => {
    const given = argumentsOf(args, 2);
    return change(given.number(0), given.number(1));
  };

const ofTwoTruths =
  (change: (a: boolean, b: boolean) => boolean): HclFunction =>
  (...args) => {
    const given = argumentsOf(args, 2);
    return change(given.bool(0), given.bool(1));
  };

const ofMany =
  (change: (...numbers: number[]) => number): HclFunction =>
  (...args) => {
    const given = argumentsOf(args, 1, Infinity);
    return change(...args.map((_, index) => given.number(index)));
  };

function divided(a: number, b: number): number {
  return b === 0 ? refuse('division by zero') : a / b;
}

export const NUMBER_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  absolute: ofNumber(Math.abs),
  ceil: ofNumber(Math.ceil),
  floor: ofNumber(Math.floor),
  int: ofNumber(Math.trunc),
  negate: ofNumber((number) => -number),
  signum: ofNumber(Math.sign),
  add: ofTwoNumbers((a, b) => a + b),
  subtract: ofTwoNumbers((a, b) => a - b),
  multiply: ofTwoNumbers((a, b) => a * b),
  divide: ofTwoNumbers(divided),
  modulo: ofTwoNumbers((a, b) => (b === 0 ? refuse('division by zero') : a % b)),
  pow: ofTwoNumbers((a, b) => a ** b),
  log: ofTwoNumbers((number, base) => Math.log(number) / Math.log(base)),
  greaterthan: ofTwoNumbers((a, b) => a > b),
  greaterthanorequalto: ofTwoNumbers((a, b) => a >= b),
  lessthan: ofTwoNumbers((a, b) => a < b),
  lessthanorequalto: ofTwoNumbers((a, b) => a <= b),
  max: ofMany(Math.max),
  min: ofMany(Math.min),
  and: ofTwoTruths((a, b) => a && b),
  or: ofTwoTruths((a, b) => a || b),
  not: (...args) => !argumentsOf(args, 1).bool(0),
  equal(...args) {
    const given = argumentsOf(args, 2);
    return areEqual(given.value(0), given.value(1));
  },
  notequal(...args) {
    const given = argumentsOf(args, 2);
    return !areEqual(given.value(0), given.value(1));
  },
  parseint(...args) {
    const given = argumentsOf(args, 2);
    const [text, base] = [given.text(0).toLowerCase(), given.whole(1)];
    const digits = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, Math.max(0, Math.min(36, base)));
    const isWhole = /^-?./.test(text) && [...text.replace(/^-/, '')].every((digit) => digits.includes(digit));
    return isWhole && base >= 2
      ? Number.parseInt(text, base)
      : refuse(`${JSON.stringify(text)} is no number of base ${base}`);
  },
  range(...args) {
    const given = argumentsOf(args, 1, 3);
    const [start, end] = args.length === 1 ? [0, given.number(0)] : [given.number(0), given.number(1)];
    const step = args.length === 3 ? given.number(2) : start <= end ? 1 : -1;
    const length = step === 0 ? Infinity : Math.max(0, Math.ceil((end - start) / step));
    if (length > 1024) refuse('a range has at most 1024 numbers');
    return Array.from({ length }, (_, index) => start + index * step);
  },
};
