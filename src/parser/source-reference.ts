// What a name in FROM, COPY --from or RUN --mount from stands for: an earlier stage, scratch, a named context or an
// image.
// Spec: BuildKit's dockerfile2llb/convert.go.
import { TsbuildError } from '../core/errors.js';
import { expandWord } from './expand-word.js';
import type { Stage } from './instruction.js';

export type SourceReference =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'stage'; readonly index: number }
  /** `name` is the key of the named context as the caller gave it. */
  | { readonly kind: 'context'; readonly name: string }
  /** As written, variables expanded; not normalised. */
  | { readonly kind: 'image'; readonly reference: string };

/**
 * - `from`: only names of stages before `before`, case-sensitive, the nearest wins; digits are an image's name.
 * - `copy`: digits are a stage index; names are case-insensitive, the last stage of that name in the file wins.
 * - `mount`: like `copy`, but digits are an image's name.
 */
export type ReferenceUse =
  { readonly by: 'from'; readonly before: number } | { readonly by: 'copy' } | { readonly by: 'mount' };

export interface ScopeOptions {
  /** Names given with --build-context; `name::os/arch` is for one platform only. */
  readonly namedContexts: ReadonlySet<string>;
  /** `os/arch[/variant]` of the stage at hand, for contexts that are for one platform. */
  readonly platform?: string | undefined;
}

/** The names that can be meant. Made once per file: looking one up costs no walk over the stages. */
export interface ReferenceScope {
  readonly stageCount: number;
  /** Indices of the stages of a name, ascending. */
  readonly stageIndices: ReadonlyMap<string, readonly number[]>;
  /** Familiar name to the key as given. */
  readonly contexts: ReadonlyMap<string, string>;
  readonly platform: string | undefined;
}

/** Names that are never looked up as named contexts. */
const RESERVED = new Set(['scratch', 'context']);

/** @param stages all stages of the file */
export function createReferenceScope(
  stages: readonly Stage[],
  { namedContexts, platform }: ScopeOptions,
): ReferenceScope {
  const stageIndices = new Map<string, number[]>();
  for (const { name, index } of stages) {
    const indices = name === undefined ? undefined : stageIndices.get(name);
    if (indices) indices.push(index);
    else if (name !== undefined) stageIndices.set(name, [index]);
  }
  const contexts = new Map([...namedContexts].map((key) => [familiarName(key), key]));
  return { stageCount: stages.length, stageIndices, contexts, platform };
}

/** Docker's short form of an image name: no default registry, no `library/`, no `:latest`. */
function familiarName(name: string): string {
  const short = name.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, '').replace(/^library\//, '');
  return short.replace(/:latest$/, '');
}

/** The named context that `name` selects, by the key the caller gave it, or undefined. */
export function findNamedContext(name: string, { contexts, platform }: ReferenceScope): string | undefined {
  const familiar = familiarName(name);
  if (RESERVED.has(familiar.toLowerCase())) return undefined;
  return (
    (platform === undefined ? undefined : contexts.get(`${familiar}::${platform}`)) ?? contexts.get(familiar)
  );
}

function findStage(
  reference: string,
  use: ReferenceUse,
  { stageIndices }: ReferenceScope,
): number | undefined {
  if (use.by !== 'from') return stageIndices.get(reference.toLowerCase())?.at(-1);
  return lastBelow(stageIndices.get(reference) ?? [], use.before);
}

/** The greatest of the ascending numbers that is below `limit`. */
function lastBelow(numbers: readonly number[], limit: number): number | undefined {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return numbers[low - 1];
}

function stageByIndex(text: string, { stageCount }: ReferenceScope): SourceReference {
  const index = Number(text);
  if (index >= 0 && index < stageCount) return { kind: 'stage', index };
  throw new TsbuildError('STAGE_NOT_FOUND', `invalid stage index ${index}`, {
    hint: `The file has ${stageCount} stages, numbered from 0.`,
  });
}

/** Whatever expansion would change, quotes and escapes too. @throws TsbuildError DOCKERFILE_EXPANSION */
function refuseExpansion(reference: string): void {
  if (expandWord(reference, () => undefined).text === reference) return;
  const workaround = 'define a new stage with FROM using ARG from global scope as a workaround';
  throw new TsbuildError(
    'DOCKERFILE_EXPANSION',
    `variable expansion is not supported for --from, ${workaround}`,
  );
}

/**
 * The meaning of one reference. Also for ONBUILD triggers of base images, which are known only when the image's config
 * is.
 * @param reference with variables replaced
 * @throws TsbuildError STAGE_NOT_FOUND `invalid stage index N`; DOCKERFILE_EXPANSION for a variable in --from. Neither
 * has a place.
 */
export function classifyReference(
  reference: string,
  use: ReferenceUse,
  scope: ReferenceScope,
): SourceReference {
  if (use.by === 'copy') refuseExpansion(reference);
  if (use.by === 'copy' && /^[+-]?\d+$/.test(reference)) return stageByIndex(reference, scope);
  const index = findStage(reference, use, scope);
  if (index !== undefined) return { kind: 'stage', index };
  if (reference === 'scratch') return { kind: 'scratch' };
  const name = findNamedContext(reference, scope);
  if (name !== undefined) return { kind: 'context', name };
  return { kind: 'image', reference };
}
