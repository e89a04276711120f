// What `tsbuild diff IMAGE IMAGE` prints: the images, their configs, layers and files, and the sums. Pure.
import type {
  Aspect,
  ComparedImage,
  ConfigDifference,
  FileDifference,
  FileState,
  FileSum,
  ImageDifference,
} from '../../index.js';
import { shorten } from '../../core/shorten.js';
import { cutLine } from './cut-line.js';
import { formatSize } from './size-and-age.js';
import type { TableStyle } from './table.js';

/** Ends with a newline. */
export function renderImageDiff(difference: ImageDifference, style: TableStyle): string {
  const { before, after, config, files } = difference;
  const { paintTitles = (text: string) => text } = style;
  const section = (title: string, lines: readonly string[]): string =>
    lines.length === 0
      ? ''
      : `\n${paintTitles(title)}\n${lines.map((line) => cutLine(line, style)).join('')}`;
  return [
    ...[imageLine('-', before), imageLine('+', after)].map((line) => cutLine(line, style)),
    section('CONFIG', config.flatMap(configLines)),
    section('LAYERS', layerLines(difference)),
    section('FILES', files.map(fileLine)),
    `\n${sumsOf(difference)}`,
  ].join('');
}

function imageLine(sign: string, { name, digest, layers, size }: ComparedImage): string {
  const count = `${layers} layer${layers === 1 ? '' : 's'}`;
  return `${sign} ${name}  ${digest.slice(0, 'sha256:'.length + 12)}  ${count}  ${formatSize(size)}`;
}

function configLines({ field, key, before, after }: ConfigDifference): readonly string[] {
  const name = key === undefined ? field : `${field} ${key}`;
  const line = (sign: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [`${sign} ${name}: ${shorten(value)}`];
  return [...line('-', before), ...line('+', after)];
}

function layerLines({ layers: { shared, before, after } }: ImageDifference): readonly string[] {
  if (before.length + after.length === 0) return [];
  const line = (sign: string) => (layer: (typeof before)[number]) =>
    `${sign} ${formatSize(layer.size).padStart(7)}  ${shorten(layer.createdBy.replaceAll(/\s+/g, ' ').trim())}`;
  return [`= ${shared} in both`, ...before.map(line('-')), ...after.map(line('+'))];
}

const LETTERS = { added: 'A', changed: 'C', removed: 'D' } as const;

function fileLine({ kind, path, aspects, before, after, below }: FileDifference): string {
  const state = (after ?? before)!;
  const size = below?.size ?? state.size;
  const amount = kind === 'changed' ? signed((after?.size ?? 0) - (before?.size ?? 0)) : formatSize(size);
  const name = `/${path}${state.type === 'dir' && path !== '' ? '/' : ''}`;
  const count = below ? `  (${below.files} file${below.files === 1 ? '' : 's'})` : '';
  const words = aspects.map((aspect) => aspectWords(aspect, before!, after!)).join(', ');
  return `${LETTERS[kind]} ${amount.padStart(8)}  ${name}${count}${words && `  ${words}`}`;
}

function signed(bytes: number): string {
  return bytes === 0 ? '' : `${bytes < 0 ? '-' : '+'}${formatSize(Math.abs(bytes))}`;
}

function aspectWords(aspect: Aspect, before: FileState, after: FileState): string {
  const words = ASPECTS[aspect];
  return words ? `${aspect} ${words(before)} → ${words(after)}` : aspect;
}

const ASPECTS: Readonly<Partial<Record<Aspect, (state: FileState) => string>>> = {
  type: ({ type }) => type,
  mode: ({ mode }) => mode.toString(8).padStart(4, '0'),
  owner: ({ uid, gid }) => `${uid}:${gid}`,
  link: ({ link = '' }) => link,
};

function sumsOf({ isEqual, added, removed, changed, timesOnly }: ImageDifference): string {
  const times = timesOnly === 0 ? '' : `${timesOnly} differ in their time alone`;
  if (isEqual) return `Files and config are the same${times && `; ${times}`}\n`;
  const sum = ({ files, size }: FileSum, word: string): string => `${files} ${word} (${formatSize(size)})`;
  const sums = `Files: ${sum(added, 'added')}, ${sum(removed, 'deleted')}, ${sum(changed, 'changed')}`;
  return `${sums}${times && `; ${times}`}\n`;
}
