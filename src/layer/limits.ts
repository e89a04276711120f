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

/** The failure of a bound, which names the bound. */
export function limitExceeded(limit: keyof LayerLimits, limits: LayerLimits, what: string): TsbuildError {
  return new TsbuildError('LAYER_LIMIT', `${what}: more than ${limit} = ${limits[limit]}`, {
    hint: `if the archive is trusted, raise the layer limit ${limit}`,
  });
}
