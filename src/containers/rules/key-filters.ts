// Filters of the form KEY=VALUE, as lists and prunes of networks and volumes take them: those of one key widen each
// other, those of different keys narrow each other, and every label must be there. Pure.
import { TsbuildError } from '../../core/errors.js';
import { hasLabel } from '../../core/has-label.js';

export interface KeyFilter<Key extends string> {
  readonly key: Key;
  readonly value: string;
}

/** @param text `label=tier=db`, `name=back`. @throws TsbuildError OPTION_INVALID for none of `keys` */
export function parseKeyFilter<Key extends string>(text: string, keys: readonly Key[]): KeyFilter<Key> {
  const [, name = '', value = ''] = /^([a-z]+!?)=(.*)$/s.exec(text) ?? [];
  const key = keys.find((each) => each === name);
  if (key === undefined) throw invalidFilter(text, keys);
  return { key, value };
}

export function invalidFilter(text: string, keys: readonly string[]): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `invalid filter '${text}'`, {
    hint: `write ${keys.map((each) => `${each}=VALUE`).join(', ')}`,
  });
}

/** Of one key: whether none is given, or one holds. */
export function isAny<Key extends string>(
  filters: readonly KeyFilter<Key>[],
  key: Key,
  holds: (value: string) => boolean,
): boolean {
  const own = filters.filter((filter) => filter.key === key);
  return own.length === 0 || own.some(({ value }) => holds(value));
}

/** What `label=` asks for is there, and nothing of what `label!=` excludes. */
export function areLabelsMatched(
  filters: readonly KeyFilter<string>[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return filters.every(({ key, value }) => {
    if (key !== 'label' && key !== 'label!') return true;
    return hasLabel(labels, labelOf(value)) === (key === 'label');
  });
}

/** `KEY` or `KEY=VALUE`. */
function labelOf(text: string): { readonly key: string; readonly value?: string } {
  const at = text.indexOf('=');
  return at < 0 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) };
}
