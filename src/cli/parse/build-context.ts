// `--build-context NAME=VALUE` (buildx util/buildflags/context.go). The value is resolved by the builder.
import { TsbuildError } from '../../core/errors.js';
import { redactText } from '../../core/redact.js';

/** The name without `:latest`. @throws TsbuildError OPTION_INVALID */
export function parseBuildContext(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0)).replace(/:latest$/, '');
  const value = text.slice(equals + 1);
  if (equals < 0) throw invalid(`invalid context value: ${text}, expected key=value`);
  if (!/^[a-z0-9][a-z0-9._:/@-]*$/.test(name))
    throw invalid(`invalid context name ${JSON.stringify(name)}: invalid reference format`);
  if (value === '') throw invalid(`invalid context value: ${text}, the value is empty`);
  return [name, value];
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', redactText(message, []), {
    hint: 'write --build-context NAME=DIRECTORY',
  });
}
