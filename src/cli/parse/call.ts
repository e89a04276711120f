// `--call build|check[,format=FORMAT]` (buildx util/buildflags/callfunc.go).
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';

export const FINDINGS_FORMATS = ['text', 'json', 'sarif', 'github'] as const;

export type FindingsFormat = (typeof FINDINGS_FORMATS)[number];

export interface Call {
  readonly method: 'build' | 'check';
  readonly format: FindingsFormat;
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
    const known = FINDINGS_FORMATS.find((name) => attribute === `format=${name}`);
    if (!known) {
      const all = FINDINGS_FORMATS.map((name) => `format=${name}`);
      throw new TsbuildError('OPTION_INVALID', `invalid value ${attribute} for --call`, {
        hint: `use one of ${all.join(', ')}: --call check,format=json`,
      });
    }
    format = known;
  }
  return { method, format };
}
