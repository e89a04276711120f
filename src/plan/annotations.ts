// --annotation: `[type[platform],…:]key=value`, for the one manifest that a single-platform build has.
import { TsbuildError } from '../core/errors.js';

/** @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED with BuildKit's words */
export function parseAnnotations(annotations: readonly string[]): Record<string, string> {
  return Object.fromEntries(annotations.map(parseAnnotation));
}

function parseAnnotation(text: string): [string, string] {
  const [, types = '', key = '', value = ''] =
    /^(?:([a-z-]+(?:\[[^\]]*\])?(?:,[a-z-]+(?:\[[^\]]*\])?)*):)?([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === '')
    throw new TsbuildError(
      'OPTION_INVALID',
      `invalid annotation ${JSON.stringify(text)}, expected key=value`,
    );
  for (const type of types.split(',').map((one) => one.replace(/\[.*$/, ''))) {
    if (type.startsWith('index'))
      throw new TsbuildError(
        'OPTION_UNSUPPORTED',
        'index annotations not supported for single platform export',
      );
  }
  return [key, value];
}
