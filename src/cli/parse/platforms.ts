// `--platform P[,P]`, once or many times.
import { TsbuildError } from '../../core/errors.js';

/** The platforms as texts, without doubles. */
export function splitPlatforms(values: readonly string[]): readonly string[] {
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim());
  return [...new Set(names.filter(Boolean))];
}

/** The one platform as text, or undefined. @throws TsbuildError OPTION_UNSUPPORTED for several different ones */
export function parsePlatformList(values: readonly string[]): string | undefined {
  const distinct = splitPlatforms(values);
  if (distinct.length > 1) {
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      `several platforms at a time are not supported: ${distinct.join(', ')}`,
      { hint: `name one: --platform ${distinct[0]!}` },
    );
  }
  return distinct[0];
}
