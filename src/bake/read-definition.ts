// Files of all kinds to one definition, in the order in which buildx merges them: compose files, bake files, plain
// data.
import { TsbuildError } from '../core/errors.js';
import { readCompose } from './compose/read-compose.js';
import type { Definition, Group } from './definition.js';
import { evaluateBodies, mergedByName } from './evaluation/evaluate-bodies.js';
import { standardFunctions, type FunctionSurroundings } from './functions/standard-functions.js';
import { parseJsonBody } from './hcl/json-body.js';
import { parseHcl } from './hcl/parse-body.js';
import type { SourceText } from './hcl/source.js';
import type { Body } from './hcl/syntax.js';
import { readPlainDefinition } from './plain-definition.js';

/** What was read, before anything is made of it. */
export type DefinitionFile =
  | ({ readonly kind: 'text' } & SourceText)
  /** What a configuration of tsbuild holds. */
  | { readonly kind: 'plain'; readonly name: string; readonly data: unknown };

export interface DefinitionOptions extends FunctionSurroundings {
  /** Variables of the command line, then of the environment. */
  readonly lookUp: (name: string) => string | undefined;
  /** The same, then what `.env` says: for compose files. */
  readonly lookUpForCompose: (name: string) => string | undefined;
  /** `linux/amd64` */
  readonly localPlatform: string;
}

type TextFile = Extract<DefinitionFile, { kind: 'text' }>;

/** @throws TsbuildError BAKE_INVALID, OPTION_UNSUPPORTED */
export function readDefinition(files: readonly DefinitionFile[], options: DefinitionOptions): Definition {
  const texts = files.filter((file): file is TextFile => file.kind === 'text');
  const compose = texts.filter(isCompose);
  const bodies = texts.filter((file) => !isCompose(file)).map(bodyOf);
  const definitions = [
    ...(compose.length > 0 ? [readCompose(compose, options.lookUpForCompose)] : []),
    ...(bodies.length > 0 ? [evaluated(bodies, options)] : []),
    ...files.flatMap((file) => (file.kind === 'plain' ? [readPlainDefinition(file.data, file.name)] : [])),
  ];
  return {
    targets: mergedByName(definitions.flatMap(({ targets }) => targets)),
    groups: mergedGroups(definitions.flatMap(({ groups }) => groups)),
    variables: definitions.flatMap(({ variables }) => variables),
  };
}

/** The later of two takes the place of the first. */
function mergedGroups(groups: readonly Group[]): readonly Group[] {
  return [...new Map(groups.map((group) => [group.name, group])).values()];
}

function evaluated(bodies: readonly Body[], options: DefinitionOptions): Definition {
  const builtIns = new Map([
    ['BAKE_CMD_CONTEXT', 'cwd://'],
    ['BAKE_LOCAL_PLATFORM', options.localPlatform],
  ]);
  return evaluateBodies(bodies, { lookUp: options.lookUp, builtIns, functions: standardFunctions(options) });
}

/** By the name; a file of another name is HCL or JSON when it begins like that. */
function isCompose({ name, text }: TextFile): boolean {
  if (/\.ya?ml$/i.test(name)) return true;
  return !/\.(?:json|hcl)$/i.test(name) && /^services[ \t]*:/m.test(text);
}

function bodyOf(file: TextFile): Body {
  const isJson = /\.json$/i.test(file.name) || (!/\.hcl$/i.test(file.name) && /^\s*\{/.test(file.text));
  if (file.text.includes('\0')) throw new TsbuildError('BAKE_INVALID', `${file.name} is no text`);
  return isJson ? parseJsonBody(file) : parseHcl(file);
}
