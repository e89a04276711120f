// What the parser makes of a bake file: a body of attributes and blocks, whose values are expressions.
import type { Place } from './source.js';
import type { Value } from './values.js';

export interface Attribute {
  readonly name: string;
  readonly value: Expression;
  readonly place: Place;
}

export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
  /** Of its head. */
  readonly place: Place;
}

export interface Body {
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly Block[];
}

export type BinaryOperator =
  '||' | '&&' | '==' | '!=' | '<' | '>' | '<=' | '>=' | '+' | '-' | '*' | '/' | '%';

export interface ObjectItem {
  readonly key: Expression;
  readonly value: Expression;
}

export type Expression = { readonly place: Place } & (
  | { readonly kind: 'literal'; readonly value: Value }
  /** A text of its parts; `isAlone`: the value of its one part, which need not be a text. */
  | { readonly kind: 'template'; readonly parts: readonly Expression[]; readonly isAlone: boolean }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly key: Expression }
  /** `of[*]` and what follows it, which is read of each element; `each` sees the element as the variable `ELEMENT`. */
  | { readonly kind: 'splat'; readonly of: Expression; readonly each: Expression }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      /** The last argument is a list of arguments. */
      readonly isSpread: boolean;
    }
  | { readonly kind: 'unary'; readonly operator: '-' | '!'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | { readonly kind: 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly items: readonly ObjectItem[] }
  | ForExpression
);

/** With `resultKey` it makes an object, else a tuple, or a text in a template. */
export interface ForExpression {
  readonly kind: 'for';
  readonly keyName?: string;
  readonly valueName: string;
  readonly of: Expression;
  readonly resultKey?: Expression;
  readonly result: Expression;
  readonly condition?: Expression;
  /** Results of equal keys become lists. */
  readonly isGrouped: boolean;
  readonly isText: boolean;
}

/** Can be no name of a variable. */
export const ELEMENT = '*';
