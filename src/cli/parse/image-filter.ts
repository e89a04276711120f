// `images --filter KEY=VALUE`, repeated.
import { TsbuildError } from '../../core/errors.js';
import { parseGoBool } from '../../core/go-bool.js';
import type { ImagesRequest } from '../../index.js';

const KEYS = ['reference', 'dangling', 'before', 'since', 'label'] as const;

/** @throws TsbuildError OPTION_INVALID */
export function parseImageFilters(texts: readonly string[]): ImagesRequest {
  const filters = texts.map(splitFilter);
  const valuesOf = (wanted: (typeof KEYS)[number]): readonly string[] =>
    filters.flatMap(({ key, value }) => (key === wanted ? [value] : []));
  const [references, labels] = [valuesOf('reference'), valuesOf('label')];
  const dangling = valuesOf('dangling').at(-1);
  const [before, since] = [valuesOf('before').at(-1), valuesOf('since').at(-1)];
  return {
    ...(references.length > 0 && { references }),
    ...(dangling !== undefined && { isDangling: parseDangling(dangling) }),
    ...(labels.length > 0 && { labels: labels.map(splitLabel) }),
    ...(before !== undefined && { before }),
    ...(since !== undefined && { since }),
  };
}

function splitFilter(text: string): { readonly key: string; readonly value: string } {
  const equals = text.indexOf('=');
  const key = text.slice(0, Math.max(0, equals)).trim().toLowerCase();
  const value = text.slice(equals + 1);
  if ((KEYS as readonly string[]).includes(key) && value !== '') return { key, value };
  throw new TsbuildError('OPTION_INVALID', `invalid filter ${JSON.stringify(text)}`, {
    hint: `write KEY=VALUE with a key of ${KEYS.join(', ')}`,
  });
}

function splitLabel(text: string): { readonly key: string; readonly value?: string } {
  const equals = text.indexOf('=');
  return equals < 0 ? { key: text } : { key: text.slice(0, equals), value: text.slice(equals + 1) };
}

function parseDangling(text: string): boolean {
  const parsed = parseGoBool(text);
  if (parsed !== undefined) return parsed;
  throw new TsbuildError('OPTION_INVALID', `invalid filter dangling=${text}: not a boolean`, {
    hint: 'write dangling=true or dangling=false',
  });
}
