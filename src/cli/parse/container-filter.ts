// `ps --filter KEY=VALUE` and `events --filter KEY=VALUE`, repeated.
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { ContainerEventsRequest, ContainersRequest } from '../../index.js';

const OF_PS = [
  'ancestor',
  'before',
  'since',
  'exited',
  'id',
  'label',
  'name',
  'status',
  'health',
  'volume',
  'network',
  'publish',
  'expose',
];
const OF_EVENTS = ['container', 'event', 'type', 'image', 'label'];

type Values = (key: string) => readonly string[] | undefined;

/** @throws TsbuildError OPTION_INVALID */
export function parseContainerFilters(texts: readonly string[]): ContainersRequest {
  const of = split(texts, OF_PS);
  const [before, since] = [of('before')?.at(-1), of('since')?.at(-1)];
  return {
    ...named('ids', of('id')),
    ...named('names', of('name')),
    ...named('labels', of('label')?.map(labelOf)),
    ...named('statuses', of('status')),
    ...named('health', of('health')),
    ...named('exitCodes', of('exited')?.map(exitCodeOf)),
    ...named('volumes', of('volume')),
    ...named('networks', of('network')),
    ...named('published', of('publish')),
    ...named('exposed', of('expose')),
    ...named('ancestors', of('ancestor')),
    ...(before !== undefined && { before }),
    ...(since !== undefined && { since }),
  };
}

/** @throws TsbuildError OPTION_INVALID */
export function parseEventFilters(texts: readonly string[]): ContainerEventsRequest {
  const of = split(texts, OF_EVENTS);
  return {
    ...named('containers', of('container')),
    ...named('actions', of('event')),
    ...named('types', of('type')),
    ...named('images', of('image')),
    ...named('labels', of('label')?.map(labelOf)),
  };
}

function named<Name extends string, Value>(
  name: Name,
  values: readonly Value[] | undefined,
): { readonly [N in Name]?: readonly Value[] } {
  return values === undefined ? {} : ({ [name]: values } as { readonly [N in Name]: readonly Value[] });
}

function split(texts: readonly string[], keys: readonly string[]): Values {
  const pairs = texts.map((text) => {
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals)).trim().toLowerCase();
    if (keys.includes(key)) return [key, text.slice(equals + 1)] as const;
    const written = equals < 0 ? text : key;
    throw new TsbuildError('OPTION_INVALID', `invalid filter '${written}'${didYouMean(written, keys)}`, {
      hint: `write KEY=VALUE with a key of ${keys.join(', ')}`,
    });
  });
  return (wanted) => {
    const values = pairs.filter(([key]) => key === wanted).map(([, value]) => value);
    return values.length === 0 ? undefined : values;
  };
}

function labelOf(text: string): { readonly key: string; readonly value?: string } {
  const equals = text.indexOf('=');
  return equals < 0 ? { key: text } : { key: text.slice(0, equals), value: text.slice(equals + 1) };
}

function exitCodeOf(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new TsbuildError('OPTION_INVALID', `invalid filter 'exited=${text}'`, {
    hint: 'write an exit status',
  });
}
