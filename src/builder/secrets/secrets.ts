// Secrets of the build: read once when it starts, handed to the steps that mount them, written nowhere.
// Invariant: a value leaves this object only towards a sandbox, or to be looked for or hidden.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoWords } from '../../core/errno.js';
import { TsbuildError } from '../../core/errors.js';
import type { SecretSource } from '../../plan/request.js';

const MAX_BYTES = 500 << 10;

export interface NamedSecret {
  readonly id: string;
  readonly value: Buffer;
}

export interface BuildSecrets {
  /** Undefined when no secret has that id. The secret counts as used from then on. */
  read(id: string): Buffer | undefined;
  /**
   * Whether a step that must have it can be given it: a variable that is not set is no secret, although a step may have
   * it empty.
   */
  has(id: string): boolean;
  /** The variable of that secret, when it is not set. */
  unsetVariable(id: string): string | undefined;
  /** Every secret of the request, used or not. */
  all(): readonly NamedSecret[];
  /** Those that steps have asked for so far. */
  used(): readonly NamedSecret[];
}

export interface SecretPlaces {
  readonly env: NodeJS.ProcessEnv;
  /** Relative paths are relative to it. */
  readonly cwd: string;
}

/**
 * Reads them all, as buildx does, so that a wrong path fails the build at its start.
 * @throws TsbuildError OPTION_INVALID
 */
export function openSecrets(sources: readonly SecretSource[], places: SecretPlaces): BuildSecrets {
  // The first of an id counts.
  const values = new Map(sources.toReversed().map((source) => [source.id, valueOf(source, places)]));
  const unset = new Map(
    sources.toReversed().map((source) => [source.id, unsetVariableOf(source, places)] as const),
  );
  for (const [id, variable] of unset) if (variable === undefined) unset.delete(id);
  const usedIds = new Set<string>();
  const all = [...values].map(([id, value]) => ({ id, value }));
  return {
    read(id) {
      usedIds.add(id);
      return values.get(id);
    },
    has: (id) => values.has(id) && !unset.has(id),
    unsetVariable: (id) => unset.get(id),
    all: () => all,
    used: () => all.filter(({ id }) => usedIds.has(id)),
  };
}

function valueOf(source: SecretSource, places: SecretPlaces): Buffer {
  const value = bytesOf(source, places);
  if (value.length <= MAX_BYTES) return value;
  const message = `secret ${source.id}: ${value.length} bytes are more than ${MAX_BYTES}`;
  throw new TsbuildError('OPTION_INVALID', message);
}

function bytesOf(source: SecretSource, { env, cwd }: SecretPlaces): Buffer {
  if ('value' in source) return Buffer.from(source.value);
  return 'env' in source ? Buffer.from(env[source.env] ?? '') : readFile(source, cwd);
}

function unsetVariableOf(source: SecretSource, { env }: SecretPlaces): string | undefined {
  return 'env' in source && env[source.env] === undefined ? source.env : undefined;
}

function readFile({ id, file }: { readonly id: string; readonly file: string }, cwd: string): Buffer {
  try {
    return readFileSync(resolve(cwd, file));
  } catch (error) {
    const why = errnoWords(error) ?? String(error);
    throw new TsbuildError('OPTION_INVALID', `secret ${id}: cannot read ${file}: ${why}`, {
      cause: error,
      hint: `check the path in --secret id=${id},src=…`,
    });
  }
}
