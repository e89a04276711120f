// Bounds on what a layer or archive from outside may ask for. Every reader of layers takes them; none reads without.
// The defaults let every image pass that is in real use and stop archives that only exist to exhaust the machine.
import { TsbuildError } from '../core/errors.js';

export interface LayerLimits {
  /** Entries of one archive. */
  readonly maxEntries: number;
  /** Bytes of one path, as Linux bounds them. */
  readonly maxPathBytes: number;
  /** Components of one path. */
  readonly maxPathDepth: number;
  /** Bytes of one PAX header or GNU long name; Go's archive/tar has the same bound. */
  readonly maxPaxBytes: number;
  /** Bytes of the archive once decompressed. */
  readonly maxUncompressedBytes: number;
  /** Decompressed bytes per compressed byte. gzip ends at 1032, zstd near 32768; bzip2 and chained streams do not. */
  readonly maxRatio: number;
  /** The ratio is not looked at before this many decompressed bytes. */
  readonly ratioGraceBytes: number;
}

export const DEFAULT_LAYER_LIMITS: LayerLimits = {
  maxEntries: 1_000_000,
  maxPathBytes: 4096,
  maxPathDepth: 1024,
  maxPaxBytes: 1024 * 1024,
  maxUncompressedBytes: 128 * 1024 ** 3,
  maxRatio: 50_000,
  ratioGraceBytes: 32 * 1024 ** 2,
};

/**
 * The defaults with some values replaced; `Infinity` lifts a bound.
 * @throws TsbuildError OPTION_INVALID for a value that is not a positive number
 */
export function layerLimits(overrides: Partial<LayerLimits> = {}): LayerLimits {
  for (const [name, value] of Object.entries(overrides)) {
    if (!(value > 0)) throw new TsbuildError('OPTION_INVALID', `${name}: ${value} is not a positive number`);
  }
  return { ...DEFAULT_LAYER_LIMITS, ...overrides };
}

/**
 * The bounds that depend on how large the images of a site are, each with the variable that sets it. The others are of
 * the format.
 */
const VARIABLE_OF: Readonly<Partial<Record<keyof LayerLimits, string>>> = {
  maxUncompressedBytes: 'TSBUILD_MAX_LAYER_SIZE',
  maxRatio: 'TSBUILD_MAX_EXPANSION',
  maxEntries: 'TSBUILD_MAX_LAYER_ENTRIES',
};

/**
 * The limits of a build: the defaults, or what TSBUILD_MAX_LAYER_SIZE (bytes), TSBUILD_MAX_EXPANSION (times) and
 * TSBUILD_MAX_LAYER_ENTRIES say. Numbers may end in k, m, g or t (powers of 1024); `unlimited` lifts a bound.
 * @throws TsbuildError OPTION_INVALID naming the variable
 */
export function layerLimitsOf(env: Readonly<Record<string, string | undefined>>): LayerLimits {
  const given = Object.entries(VARIABLE_OF).flatMap(([limit, variable]) => {
    const text = env[variable] ?? '';
    return text === '' ? [] : [[limit, limitValue(variable, text)] as const];
  });
  return layerLimits(Object.fromEntries(given));
}

const LIMIT_FORM = /^(\d{1,15})([kmgt])?$/i;

function limitValue(variable: string, text: string): number {
  if (text === 'unlimited') return Infinity;
  const [, digits, unit] = LIMIT_FORM.exec(text) ?? [];
  const value = Number(digits) * 1024 ** (unit ? 'kmgt'.indexOf(unit.toLowerCase()) + 1 : 0);
  if (value > 0) return value;
  throw new TsbuildError('OPTION_INVALID', `${variable}: ${JSON.stringify(text)} is not a positive number`, {
    hint: `write ${variable}=64g, or ${variable}=unlimited`,
  });
}

/** The failure of a bound, which names the bound. */
export function limitExceeded(limit: keyof LayerLimits, limits: LayerLimits, what: string): TsbuildError {
  const variable = VARIABLE_OF[limit];
  return new TsbuildError('LAYER_LIMIT', `${what}: more than ${limit} = ${limits[limit]}`, {
    hint:
      variable === undefined
        ? 'no image that is in real use needs more: the archive was made to harm'
        : `if the archive is trusted, set ${variable} to a larger number`,
  });
}
