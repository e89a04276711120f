// What a RUN must be given and is not.
import { TsbuildError } from '../../core/errors.js';
import type { BuildSecrets } from '../secrets/secrets.js';

/** Without a place. */
export function missingSecret(id: string, secrets: Pick<BuildSecrets, 'unsetVariable'>): TsbuildError {
  const variable = secrets.unsetVariable(id);
  if (variable === undefined)
    return new TsbuildError('STEP_SECRET_MISSING', `secret ${id}: not found`, {
      hint: `give it with --secret id=${id},src=FILE`,
    });
  return new TsbuildError('STEP_SECRET_MISSING', `secret ${id}: the variable ${variable} is not set`, {
    hint: `set it, or give a file: --secret id=${id},src=FILE`,
  });
}

/** Without a place. */
export function missingSsh(id: string): TsbuildError {
  return new TsbuildError('STEP_SECRET_MISSING', `unset ssh forward key ${id}`, {
    hint: `give it with --ssh ${id}, with an agent in SSH_AUTH_SOCK, or with --ssh ${id}=KEYFILE`,
  });
}
