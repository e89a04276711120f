// The operators between two values.
import { faultAt } from './source.js';
import type { BinaryOperator, Expression } from './syntax.js';
import { areEqual, boolOf, kindOf, numberOf, type Value } from './values.js';

type Binary = Extract<Expression, { kind: 'binary' }>;

const OF_NUMBERS: Readonly<Partial<Record<BinaryOperator, (a: number, b: number) => Value>>> = {
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

/**
 * The right side of `&&` and `||` is looked at only when it decides.
 * @throws TsbuildError BAKE_INVALID, with the place
 */
export function binaryOf(
  { operator, left, right, place }: Binary,
  evaluate: (side: Expression) => Value,
): Value {
  const truth = (side: Expression): boolean => {
    const value = evaluate(side);
    const known = boolOf(value);
    if (known !== undefined) return known;
    throw faultAt(side.place, `${operator} needs true or false, and the value is ${kindOf(value)}`);
  };
  const number = (side: Expression): number => {
    const value = evaluate(side);
    const known = numberOf(value);
    if (known !== undefined) return known;
    throw faultAt(side.place, `${operator} needs a number, and the value is ${kindOf(value)}`);
  };
  switch (operator) {
    case '&&':
      return truth(left) && truth(right);
    case '||':
      return truth(left) || truth(right);
    case '==':
      return areEqual(evaluate(left), evaluate(right));
    case '!=':
      return !areEqual(evaluate(left), evaluate(right));
    default: {
      const [a, b] = [number(left), number(right)];
      if (operator === '/' && b === 0) throw faultAt(place, 'division by zero');
      return OF_NUMBERS[operator]!(a, b);
    }
  }
}
