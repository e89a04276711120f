// `--platform P[,P]`: one platform for now.
import { TsbuildError } from '../../core/errors.js';

/** The one platform as text, or undefined. @throws TsbuildError OPTION_UNSUPPORTED for several different ones */
export function parsePlatformList(values: readonly string[]): string | undefined {
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim());
  const distinct = [...new Set(names.filter(Boolean))];
  if (distinct.length > 1) {
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      `several platforms in one build are not supported: ${distinct.join(', ')}`,
      {
        hint: `build them one by one: --platform ${distinct[0]!}`,
      },
    );
  }
  return distinct[0];
}
