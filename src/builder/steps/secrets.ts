// Secrets of the build: read when a step needs them, handed to the sandbox, kept nowhere.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { Session } from '../session.js';

const MAX_BYTES = 500 << 10;

/** The value of a secret of this build, undefined when none has that id. @throws TsbuildError OPTION_INVALID */
export function readSecret(session: Session, id: string): Buffer | undefined {
  const source = session.request.secrets?.find((secret) => secret.id === id);
  if (!source) return undefined;
  const value = 'value' in source ? Buffer.from(source.value) : 'env' in source ? variable(session, source) : file(session, source);
  if (value && value.length > MAX_BYTES) throw new TsbuildError('OPTION_INVALID', `secret ${id}: ${value.length} bytes are more than ${MAX_BYTES}`);
  return value;
}

function variable(session: Session, source: { readonly id: string; readonly env: string }): Buffer {
  return Buffer.from(session.env[source.env] ?? '');
}

function file(session: Session, source: { readonly id: string; readonly file: string }): Buffer {
  try {
    return readFileSync(resolve(session.cwd, source.file));
  } catch (error) {
    const message = `secret ${source.id}: cannot read ${source.file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
    throw new TsbuildError('OPTION_INVALID', message, { cause: error, hint: `check the path in --secret id=${source.id},src=…` });
  }
}
