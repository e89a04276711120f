// `--sign key=FILE`, `--sign key=env://NAME` and `--sign keyless[,fulcio-url=URL][,rekor-url=URL]`.
import { TsbuildError } from '../../core/errors.js';
import { parseGoBool } from '../../core/go-bool.js';
import { didYouMean } from '../../core/suggest.js';
import type { BuildRequest } from '../../index.js';
import { parseCsvFields } from './csv.js';

const KEYS = ['key', 'keyless', 'fulcio-url', 'rekor-url'];
const SERVICES = ['fulcio-url', 'rekor-url'] as const;
const HINT = 'write --sign key=FILE, --sign key=env://NAME or --sign keyless';

/** @throws TsbuildError OPTION_INVALID, OPTION_CONFLICT */
export function parseSign(text: string): NonNullable<BuildRequest['sign']> {
  const fields = new Map(parseCsvFields(text, '--sign').map(parseField));
  const key = fields.get('key');
  const isKeyless = isOn(fields.get('keyless'));
  if (key !== undefined && isKeyless)
    throw new TsbuildError('OPTION_CONFLICT', '--sign takes a key or keyless, not both', { hint: HINT });
  if (!key && !isKeyless)
    throw new TsbuildError('OPTION_INVALID', `--sign ${text} does not say by what`, { hint: HINT });
  if (key) {
    const service = SERVICES.find((name) => fields.has(name));
    if (service)
      throw new TsbuildError('OPTION_CONFLICT', `--sign has no ${service} with a key`, { hint: HINT });
    return { key };
  }
  const [fulcioUrl, rekorUrl] = SERVICES.map((name) => urlOf(name, fields.get(name)));
  return { keyless: true, ...(fulcioUrl && { fulcioUrl }), ...(rekorUrl && { rekorUrl }) };
}

/** A key alone stands for `=true`. */
function parseField(field: string): readonly [string, string] {
  const equals = field.indexOf('=');
  const key = (equals < 0 ? field : field.slice(0, equals)).trim().toLowerCase();
  if (KEYS.includes(key) && (equals >= 0 || key === 'keyless'))
    return [key, equals < 0 ? 'true' : field.slice(equals + 1)];
  const message = KEYS.includes(key)
    ? `--sign: ${key} has no value`
    : `--sign: unknown key ${JSON.stringify(key)}${didYouMean(key, KEYS)}`;
  throw new TsbuildError('OPTION_INVALID', message, { hint: HINT });
}

function isOn(text: string | undefined): boolean {
  const value = parseGoBool(text ?? 'false');
  if (value !== undefined) return value;
  throw new TsbuildError('OPTION_INVALID', `--sign: keyless=${text} is neither true nor false`, {
    hint: HINT,
  });
}

function urlOf(name: string, text: string | undefined): string | undefined {
  if (text === undefined || /^https?:\/\/[^/]/.test(text)) return text;
  throw new TsbuildError('OPTION_INVALID', `--sign: ${name} is no address`, {
    hint: `write ${name}=https://${name === 'fulcio-url' ? 'fulcio' : 'rekor'}.example`,
  });
}
