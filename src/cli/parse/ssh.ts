// `--ssh default|ID[=SOCKET|KEY[,KEY]]` (buildx util/buildflags/ssh.go).
import { TsbuildError } from '../../core/errors.js';
import type { SshSource } from '../../plan/request.js';

/** @throws TsbuildError OPTION_INVALID */
export function parseSsh(text: string): SshSource {
  const equals = text.indexOf('=');
  const id = equals < 0 ? text : text.slice(0, equals);
  if (id === '' || id.includes(',')) {
    throw new TsbuildError('OPTION_INVALID', `invalid value ${JSON.stringify(text)} for --ssh`, {
      hint: 'write --ssh default or --ssh ID=SOCKET',
    });
  }
  return {
    id,
    paths:
      equals < 0
        ? []
        : text
            .slice(equals + 1)
            .split(',')
            .filter(Boolean),
  };
}
