import test from 'ava';
import { targetsSchema } from '../../../src/bake/json-schema.js';
import { readPlainDefinition } from '../../../src/bake/plain-definition.js';
import { FIELDS } from '../../../src/bake/target-fields.js';

interface Schema {
  readonly properties: {
    readonly targets: {
      readonly additionalProperties: { readonly properties: Readonly<Record<string, unknown>> };
    };
  };
}

test('the schema names what the reader takes, and nothing else', (t) => {
  const { properties } = (targetsSchema() as Schema).properties.targets.additionalProperties;
  for (const { key } of FIELDS) t.true(key in properties, key);
  for (const name of Object.keys(properties))
    t.notThrows(() => readPlainDefinition({ targets: { a: { [name]: null } } }, 'x'), name);
});
