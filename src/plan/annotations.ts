// --annotation: `[type[platform],…:]key=value`, for the one manifest that a single-platform build has.
import { TsbuildError } from '../core/errors.js';
import type { ImageAnnotations } from '../oci/types.js';

interface Annotation {
  readonly types: readonly string[];
  readonly pair: readonly [key: string, value: string];
}

/** Later ones win. @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED with BuildKit's words */
export function parseAnnotations(annotations: readonly string[]): ImageAnnotations {
  const parsed = annotations.map(parseAnnotation);
  const ofType = (type: string): Readonly<Record<string, string>> =>
    Object.fromEntries(parsed.filter(({ types }) => types.includes(type)).map(({ pair }) => pair));
  return { manifest: ofType('manifest'), descriptor: ofType('manifest-descriptor') };
}

function parseAnnotation(text: string): Annotation {
  const [, types = 'manifest', key = '', value = ''] =
    /^(?:([a-z-]+(?:\[[^\]]*\])?(?:,[a-z-]+(?:\[[^\]]*\])?)*):)?([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === '')
    throw new TsbuildError(
      'OPTION_INVALID',
      `invalid annotation ${JSON.stringify(text)}, expected key=value`,
    );
  const plain = types.split(',').map((one) => one.replace(/\[.*$/, ''));
  for (const type of plain) {
    if (type.startsWith('index'))
      throw new TsbuildError(
        'OPTION_UNSUPPORTED',
        'index annotations not supported for single platform export',
      );
  }
  return { types: plain, pair: [key, value] };
}
