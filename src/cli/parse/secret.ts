// `--secret id=ID[,src=FILE|env=NAME][,type=file|env]` (buildx util/buildflags/secrets.go, buildkit secretsprovider).
// Only names are read here, never the value.
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { SecretSource } from '../../plan/request.js';
import { parseCsvPairs } from './csv.js';

const KEYS = ['type', 'id', 'src', 'source', 'env'];

/**
 * Without a source it is the variable named as the id when that is set, else the file of that name.
 * @throws TsbuildError OPTION_INVALID, OPTION_CONFLICT
 */
export function parseSecret(text: string, env: NodeJS.ProcessEnv): SecretSource {
  const pairs = new Map(
    parseCsvPairs(text, '--secret').map(([key, value]) => [key === 'source' ? 'src' : key, value]),
  );
  for (const key of pairs.keys()) {
    if (!KEYS.includes(key)) {
      throw new TsbuildError(
        'OPTION_INVALID',
        `unexpected key '${key}' in secret '${text}'${didYouMean(key, KEYS)}`,
      );
    }
  }
  const { type, id, src, env: variable } = Object.fromEntries(pairs);
  if (type !== undefined && type !== 'file' && type !== 'env') {
    throw new TsbuildError('OPTION_INVALID', `unsupported secret type ${JSON.stringify(type)}`, {
      hint: 'use type=file or type=env',
    });
  }
  if (!id)
    throw new TsbuildError('OPTION_INVALID', 'secret missing ID', {
      hint: 'write --secret id=NAME,src=FILE',
    });
  if (src && variable) throw new TsbuildError('OPTION_CONFLICT', `secret ${id} has both src and env`);
  if (type === 'env') return { id, env: variable || src || id };
  if (variable) return { id, env: variable };
  if (src || type === 'file' || env[id] === undefined) return { id, file: src || id };
  return { id, env: id };
}
