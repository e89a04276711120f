// Annotations for an index that is put together of images: `TYPE[PLATFORM],…:KEY=VALUE`, as buildx reads them
// (util/buildflags/export.go).
import { TsbuildError } from '../core/errors.js';
import type { IndexAnnotation } from '../oci/assemble-index.js';
import { parsePlatform, type Platform } from '../oci/platform.js';

const TYPE = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/;
const USABLE = 'write index:KEY=VALUE or manifest-descriptor[PLATFORM]:KEY=VALUE';

/** @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED for types that would change an image that exists */
export function parseIndexAnnotations(texts: readonly string[], local: Platform): IndexAnnotation[] {
  return texts.filter((text) => text !== '').flatMap((text) => parseAnnotation(text, local));
}

function parseAnnotation(text: string, local: Platform): IndexAnnotation[] {
  const equals = text.indexOf('=');
  if (equals < 0)
    throw new TsbuildError(
      'OPTION_INVALID',
      `invalid annotation ${JSON.stringify(text)}, expected key=value`,
    );
  const [name, value] = [text.slice(0, equals), text.slice(equals + 1)];
  const colon = name.indexOf(':');
  if (colon < 0) throw unsupported('');
  const key = name.slice(colon + 1);
  return name
    .slice(0, colon)
    .split(',')
    .map((type) => ({ ...parseType(type, local), key, value }));
}

function parseType(text: string, local: Platform): Pick<IndexAnnotation, 'type' | 'platform'> {
  const [, type, platform] = TYPE.exec(text) ?? [];
  if (type === undefined)
    throw new TsbuildError(
      'OPTION_INVALID',
      `invalid annotation type ${JSON.stringify(text)}, expected type and optional platform in square brackets`,
      { hint: USABLE },
    );
  if (type === 'manifest') throw unsupported(type);
  if (type === 'index-descriptor')
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      '"index-descriptor" annotations are invalid while creating an image',
      { hint: USABLE },
    );
  if (type !== 'index' && type !== 'manifest-descriptor')
    throw new TsbuildError('OPTION_INVALID', `unknown annotation type ${JSON.stringify(type)}`, {
      hint: USABLE,
    });
  return { type, ...(platform === undefined ? {} : { platform: parsePlatform(platform, local) }) };
}

function unsupported(type: string): TsbuildError {
  return new TsbuildError('OPTION_UNSUPPORTED', `${JSON.stringify(type)} annotations are not supported yet`, {
    hint: USABLE,
  });
}
