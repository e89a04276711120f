// Which images of a list are wanted: the filters of `docker images --filter`. Pure.
import { TsbuildError } from '../core/errors.js';
import { hasLabel } from '../core/has-label.js';
import { compilePattern } from '../core/pattern-matcher/compile-pattern.js';
import { timeOf, type ImageSummary } from './image-summary.js';

export interface ImageFilter {
  /**
   * Patterns, of which one must match: `app`, `app:1`, `registry.test/*`. A star stands for no slash. A pattern without
   * a tag matches all tags (distribution/reference, FamiliarMatch).
   */
  readonly references?: readonly string[];
  /** Only those without a name, or only those with one. */
  readonly isDangling?: boolean;
  /** All must be there, with that value when one is given. */
  readonly labels?: readonly { readonly key: string; readonly value?: string }[];
  /** Made before this RFC 3339 time. */
  readonly before?: string;
  /** Made after it. */
  readonly since?: string;
}

/** @throws TsbuildError OPTION_INVALID for a pattern that is none */
export function filterImages(images: readonly ImageSummary[], filter: ImageFilter): readonly ImageSummary[] {
  const { isDangling, labels = [], before, since } = filter;
  const patterns = filter.references?.map(compiled);
  return images.filter(
    (image) =>
      (!patterns || patterns.some((matches) => spellings(image).some(matches))) &&
      (isDangling === undefined || isDangling === (image.name === undefined)) &&
      labels.every((label) => hasLabel(image.labels, label)) &&
      (before === undefined || timeOf(image) < Date.parse(before)) &&
      (since === undefined || timeOf(image) > Date.parse(since)),
  );
}

function compiled(pattern: string): (text: string) => boolean {
  const matches = compilePattern(pattern);
  if (matches) return matches;
  throw new TsbuildError('OPTION_INVALID', `${JSON.stringify(pattern)} is not a pattern of names`, {
    hint: "write it as in 'registry.test/team/*:1'; a bracket needs its other half",
  });
}

/** With and without tag, short and whole. */
function spellings({ name, repository, tag }: ImageSummary): readonly string[] {
  if (name === undefined || repository === undefined) return [];
  const whole = tag === undefined ? name.slice(0, name.indexOf('@')) : name.slice(0, -tag.length - 1);
  return [repository, `${repository}${name.slice(whole.length)}`, whole, name];
}
