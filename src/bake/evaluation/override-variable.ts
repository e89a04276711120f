// The value that the environment gives a variable, by its type: JSON in NAME_JSON, CSV for lists, else the text itself
// (buildx bake/hclparser, resolveValue).
import { parseCsvFields } from '../../core/csv.js';
import { TsbuildError } from '../../core/errors.js';
import { parseGoBool } from '../../core/go-bool.js';
import { convert, typeName, type Type } from '../hcl/types.js';
import { fromJson, kindOf, numberOf, objectOf, type Value } from '../hcl/values.js';

export interface OverriddenVariable {
  readonly name: string;
  /** As declared. */
  readonly type: Type | undefined;
  /** Of the default. */
  readonly initial: Value | undefined;
  readonly lookUp: (name: string) => string | undefined;
  /** Whether a variable of that name is declared too: then it is not the JSON of this one. */
  readonly isDeclared: (name: string) => boolean;
}

/** Undefined when nothing is given. @throws TsbuildError BAKE_INVALID, without a place */
export function overriddenValue({
  name,
  type,
  initial,
  lookUp,
  isDeclared,
}: OverriddenVariable): Value | undefined {
  const plain = lookUp(name);
  const json =
    plain !== undefined && !type
      ? undefined
      : isDeclared(`${name}_JSON`)
        ? undefined
        : lookUp(`${name}_JSON`);
  if (json !== undefined && type) return ofJson(name, json, type);
  const text = plain ?? json;
  if (text === undefined) return undefined;
  if (type && type.kind !== 'any') return ofText(name, text, type);
  if (initial === undefined || initial === null || typeof initial === 'string') return text;
  if (typeof initial === 'number') return primitive(name, text, { kind: 'number' });
  if (typeof initial === 'boolean') return primitive(name, text, { kind: 'bool' });
  throw refused(
    `unsupported type ${kindOf(initial)} for variable ${name}`,
    `declare its type: type = list(string)`,
  );
}

function ofJson(name: string, json: string, type: Type): Value {
  try {
    return convert(fromJson(JSON.parse(json)), type);
  } catch (error) {
    throw refused(`failed to convert variable ${name} from JSON: ${(error as Error).message}`);
  }
}

function ofText(name: string, text: string, type: Type): Value {
  switch (type.kind) {
    case 'list':
    case 'set':
      return convert(
        parseCsvFields(text, name).map((field) => primitive(name, field, type.of)),
        type,
      );
    case 'tuple': {
      const fields = parseCsvFields(text, name);
      if (fields.length !== type.of.length)
        throw refused(`${name} expects ${type.of.length} elements but only ${fields.length} provided`);
      return fields.map((field, index) => primitive(name, field, type.of[index]!));
    }
    case 'map':
      return objectOf(
        parseCsvFields(text, name).map((field) => {
          const colon = field.indexOf(':');
          if (colon < 0) throw refused(`expected one k/v pair in ${field} of variable ${name}`);
          return [field.slice(0, colon), primitive(name, field.slice(colon + 1), type.of)] as const;
        }),
      );
    case 'object':
      throw refused(`unsupported type object for variable ${name}`, `give it as JSON in ${name}_JSON`);
    default:
      return primitive(name, text, type);
  }
}

function primitive(name: string, text: string, type: Type): Value {
  switch (type.kind) {
    case 'any':
    case 'string':
      return text;
    case 'number':
      return numberOf(text) ?? fail(`failed to parse ${name} as number: ${JSON.stringify(text)}`);
    case 'bool':
      return parseGoBool(text) ?? fail(`failed to parse ${name} as bool: ${JSON.stringify(text)}`);
    default:
      throw refused(
        `unsupported type ${typeName(type)} in variable ${name}`,
        `give it as JSON in ${name}_JSON`,
      );
  }
}

function fail(message: string): never {
  throw refused(message);
}

function refused(message: string, hint?: string): TsbuildError {
  return new TsbuildError('BAKE_INVALID', message, { hint });
}
