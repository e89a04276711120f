// --annotation: `[type[platform],…:]key=value`, for the images of a build and for their index
// (BuildKit's exporter/containerimage/annotations.go).
import { TsbuildError } from '../core/errors.js';
import { formatPlatform, normalizePlatform, parsePlatform, type Platform } from '../oci/platform.js';
import type { ImageAnnotations, IndexAnnotations } from '../oci/types.js';

export interface Annotation {
  readonly types: readonly {
    readonly type: string;
    /** `linux/arm64`: for the image of this platform alone. */
    readonly platform?: string;
  }[];
  readonly pair: readonly [key: string, value: string];
}

/** @throws TsbuildError OPTION_INVALID */
export function parseAnnotations(texts: readonly string[], local: Platform): readonly Annotation[] {
  return texts.map((text) => parseAnnotation(text, local));
}

/** For the image of a platform: later ones win, and those for the platform over those for all. */
export function annotationsFor(
  annotations: readonly Annotation[],
  platform: Pick<Platform, 'os' | 'architecture' | 'variant'>,
): ImageAnnotations {
  const own = formatPlatform(normalizePlatform(platform));
  const ofType = (type: string): Readonly<Record<string, string>> => ({
    ...pairsOf(annotations, type, undefined),
    ...pairsOf(annotations, type, own),
  });
  return { manifest: ofType('manifest'), descriptor: ofType('manifest-descriptor') };
}

export function indexAnnotations(annotations: readonly Annotation[]): IndexAnnotations {
  return {
    index: pairsOf(annotations, 'index', undefined),
    indexDescriptor: pairsOf(annotations, 'index-descriptor', undefined),
  };
}

/**
 * Annotations that no part of the result can have.
 * @param platforms of the images of the index; undefined when there is none
 * @throws TsbuildError OPTION_UNSUPPORTED, OPTION_INVALID, with BuildKit's words
 */
export function refuseStrayAnnotations(
  annotations: readonly Annotation[],
  platforms: readonly Platform[] | undefined,
): void {
  const types = annotations.flatMap((annotation) => annotation.types);
  if (!platforms) {
    if (types.some(({ type }) => type.startsWith('index')))
      throw new TsbuildError(
        'OPTION_UNSUPPORTED',
        'index annotations not supported for single platform export',
      );
    return;
  }
  const known = platforms.map((platform) => formatPlatform(normalizePlatform(platform)));
  for (const { platform } of types)
    if (platform !== undefined && !known.includes(platform))
      throw new TsbuildError(
        'OPTION_INVALID',
        `invalid annotation: no platform ${platform} found in source`,
        {
          hint: `the build is for ${known.join(', ')}`,
        },
      );
}

function pairsOf(
  annotations: readonly Annotation[],
  wanted: string,
  platform: string | undefined,
): Readonly<Record<string, string>> {
  const isMeant = (one: Annotation['types'][number]): boolean =>
    one.type === wanted && one.platform === platform;
  return Object.fromEntries(annotations.filter(({ types }) => types.some(isMeant)).map(({ pair }) => pair));
}

function parseAnnotation(text: string, local: Platform): Annotation {
  const [, types = 'manifest', key = '', value = ''] =
    /^(?:([a-z-]+(?:\[[^\]]*\])?(?:,[a-z-]+(?:\[[^\]]*\])?)*):)?([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === '')
    throw new TsbuildError(
      'OPTION_INVALID',
      `invalid annotation ${JSON.stringify(text)}, expected key=value`,
    );
  return { types: types.split(',').map((one) => parseType(one, local)), pair: [key, value] };
}

function parseType(text: string, local: Platform): Annotation['types'][number] {
  const [, type = '', platform] = /^([^[]*)(?:\[(.*)\])?$/.exec(text) ?? [];
  // An index has no platform.
  if (!platform || type.startsWith('index')) return { type };
  return { type, platform: formatPlatform(parsePlatform(platform, local)) };
}
