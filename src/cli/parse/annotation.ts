// `--annotation [TYPE[PLATFORM],…:]KEY=VALUE` (buildx util/buildflags/export.go ParseAnnotations). Only the form is
// checked here.
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';

const TYPES = ['manifest', 'index', 'manifest-descriptor', 'index-descriptor'];

/** The text itself when it is well formed. @throws TsbuildError OPTION_INVALID */
export function parseAnnotation(text: string): string {
  const equals = text.indexOf('=');
  if (equals < 1)
    throw new TsbuildError(
      'OPTION_INVALID',
      `invalid annotation ${JSON.stringify(text)}, expected key=value`,
    );
  const key = text.slice(0, equals);
  const colon = key.indexOf(':');
  for (const part of colon < 0 ? [] : key.slice(0, colon).split(',')) checkType(part);
  return text;
}

function checkType(part: string): void {
  const type = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/.exec(part)?.[1];
  if (type === undefined) {
    throw new TsbuildError(
      'OPTION_INVALID',
      `invalid annotation type ${JSON.stringify(part)}, expected type and optional platform in square brackets`,
    );
  }
  if (!TYPES.includes(type)) {
    throw new TsbuildError(
      'OPTION_INVALID',
      `unknown annotation type ${JSON.stringify(type)}${didYouMean(type, TYPES)}`,
    );
  }
}
