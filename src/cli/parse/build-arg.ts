// `--build-arg KEY[=VALUE]`; without `=` the value comes from the environment.
import { TsbuildError } from '../../core/errors.js';

/** Undefined when the variable is not set: the ARG then keeps its default. @throws TsbuildError OPTION_INVALID */
export function parseBuildArg(
  text: string,
  env: NodeJS.ProcessEnv,
): readonly [key: string, value: string] | undefined {
  const equals = text.indexOf('=');
  const key = equals < 0 ? text : text.slice(0, equals);
  if (key.trim() === '')
    throw new TsbuildError('OPTION_INVALID', `invalid build argument ${JSON.stringify(text)}: empty name`);
  if (equals >= 0) return [key, text.slice(equals + 1)];
  const value = env[key];
  return value === undefined ? undefined : [key, value];
}
