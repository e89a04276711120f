// Compose files to a definition: each service with a `build` is a target (buildx bake/compose.go). What services run is
// nothing to a build.
import { parseDocument } from 'yaml';
import { TsbuildError } from '../../core/errors.js';
import type { Definition, NamedTarget } from '../definition.js';
import { specOfValues } from '../evaluation/evaluate-bodies.js';
import { fromJson, type Value } from '../hcl/values.js';
import type { SourceText } from '../hcl/source.js';
import { nameOfTarget } from '../resolve.js';
import { targetOfService } from './target-of-service.js';
import { interpolateAll, type LookUp } from './interpolate.js';
import { isMapping, mergeMappings, normaliseCompose, type Mapping } from './merge-services.js';

/** Aliases of a document may be this many times its size: what more is, is an attack. */
const MOST_ALIASES = 1000;
const NAME = /^[a-zA-Z0-9_-]+$/;

/** @throws TsbuildError BAKE_INVALID, OPTION_UNSUPPORTED */
export function readCompose(files: readonly SourceText[], lookUp: LookUp): Definition {
  const documents = files.map((file) => normaliseCompose(interpolateAll(parseYaml(file), lookUp), file.name));
  const { services = {}, secrets = {} } = documents.reduce(mergeMappings, {}) as {
    services?: Mapping;
    secrets?: Mapping;
  };
  const where = files.map(({ name }) => name).join(', ');
  const targets = Object.keys(services).flatMap((name): readonly NamedTarget[] => {
    const service = withParents(services, name, [], where);
    if (!isMapping(service['build'])) {
      if (service['image'] !== undefined) return [];
      throw new TsbuildError(
        'BAKE_INVALID',
        `${where}: service ${name} has neither an image nor a build context specified`,
      );
    }
    const target = nameOfTarget(name);
    if (!NAME.test(target))
      throw new TsbuildError('BAKE_INVALID', `${where}: invalid service name ${JSON.stringify(name)}`);
    const plain = targetOfService(service, { secrets, lookUp, where: `${where}, ${name}` });
    const values = new Map(
      Object.entries(plain).map(([key, value]): [string, Value] => [key, fromJson(value)]),
    );
    return [{ name: target, spec: specOfValues(values, `${where}, ${name}`) }];
  });
  const groups =
    Object.keys(services).length === 0 ? [] : [{ name: 'default', targets: targets.map(({ name }) => name) }];
  return { targets, groups, variables: [] };
}

/** @throws TsbuildError BAKE_INVALID, with the place */
function parseYaml({ name, text }: SourceText): unknown {
  const document = parseDocument(text, { merge: true, prettyErrors: false, customTags: COMPOSE_TAGS });
  const [error] = document.errors;
  if (error) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    throw new TsbuildError('BAKE_INVALID', `${name} is no YAML: ${error.message}`, {
      location: { file: name, startLine: line, endLine: line, text },
    });
  }
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown;
  } catch (failure) {
    throw new TsbuildError('BAKE_INVALID', `${name} is no YAML: ${(failure as Error).message}`);
  }
}

/** `!reset` and `!override` of compose: the value counts as it is written. */
const COMPOSE_TAGS = ['!reset', '!override'].map((tag) => ({ tag, resolve: (text: string) => text }));

/** What `extends` of the same file gives comes first. */
function withParents(services: Mapping, name: string, path: readonly string[], where: string): Mapping {
  const service = services[name];
  if (!isMapping(service))
    throw new TsbuildError('BAKE_INVALID', `${where}: there is no service ${name} to extend`);
  const { extends: parent, ...own } = service;
  if (parent === undefined) return own;
  const { file, service: other = parent } = (isMapping(parent) ? parent : {}) as {
    file?: unknown;
    service?: unknown;
  };
  if (file !== undefined)
    throw new TsbuildError('OPTION_UNSUPPORTED', `${where}: extends of another file is not supported`, {
      hint: 'name both files with --file',
    });
  if (path.includes(name)) throw new TsbuildError('BAKE_INVALID', `${where}: service ${name} extends itself`);
  return mergeMappings(withParents(services, String(other), [...path, name], where), own);
}
