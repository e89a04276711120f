// `--call build|check[,format=json]` (buildx util/buildflags/callfunc.go).
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';

export interface Call {
  readonly method: 'build' | 'check';
  readonly format: 'text' | 'json';
}

const KNOWN = ['build', 'check', 'outline', 'targets', 'subrequests.describe'];

/** @throws TsbuildError OPTION_INVALID; OPTION_UNSUPPORTED for the methods of BuildKit that are not there */
export function parseCall(text: string): Call {
  const [name = '', ...attributes] = text.split(',');
  const method = name.replace(/^lint$/, 'check');
  if (method !== 'build' && method !== 'check') {
    const code = KNOWN.includes(method) ? 'OPTION_UNSUPPORTED' : 'OPTION_INVALID';
    throw new TsbuildError(code, `--call ${name} is not supported${didYouMean(method, KNOWN)}`, {
      hint: 'use --call build or --call check',
    });
  }
  let format: Call['format'] = 'text';
  for (const attribute of attributes) {
    if (attribute === 'format=json') format = 'json';
    else if (attribute !== 'format=text') {
      throw new TsbuildError('OPTION_INVALID', `invalid value ${attribute} for --call`, {
        hint: 'use --call check,format=json',
      });
    }
  }
  return { method, format };
}
