// The JSON schema of targets as plain data, for editors: `"tsbuild"` of package.json and tsbuild.config.json.
import { FIELDS, type Field, type FieldForm } from './target-fields.js';

const TEXT = { type: 'string' };
const TEXTS = { type: 'array', items: TEXT };
const VALUE = { type: ['string', 'number', 'boolean', 'null'] };
const MAP = { type: 'object', additionalProperties: VALUE };
const ENTRIES = { type: 'array', items: { anyOf: [TEXT, MAP] } };

const FORMS: Readonly<Record<FieldForm, object>> = {
  text: TEXT,
  flag: { type: 'boolean' },
  texts: TEXTS,
  map: MAP,
  attests: ENTRIES,
  caches: ENTRIES,
  outputs: ENTRIES,
  secrets: ENTRIES,
  ssh: ENTRIES,
};

/** Words that mean the same attribute, beside its name in one word. */
const ALIASES: Readonly<Record<string, string>> = {
  inherits: 'extends',
  output: 'outputs',
  secret: 'secrets',
};
const LISTS: readonly FieldForm[] = ['texts', 'attests', 'caches', 'outputs', 'secrets', 'ssh'];

/** JSON Schema, draft 7. */
export function targetsSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Targets of tsbuild bake',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: TEXT,
      targets: {
        description: 'Targets by name',
        type: 'object',
        propertyNames: { pattern: '^[a-zA-Z0-9_-]+$' },
        additionalProperties: {
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries(FIELDS.flatMap(propertiesOf)),
        },
      },
      groups: {
        description: 'Names of targets and groups, by name of the group; default is built when none is named',
        type: 'object',
        additionalProperties: TEXTS,
      },
    },
  };
}

function propertiesOf({ key, form, description }: Field): readonly (readonly [string, object])[] {
  const own = LISTS.includes(form) ? { anyOf: [FORMS[form], TEXT] } : FORMS[form];
  const schema = { description, ...own };
  const names = [key, key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), ALIASES[key]];
  return [...new Set(names)].flatMap((name) => (name === undefined ? [] : [[name, schema] as const]));
}
