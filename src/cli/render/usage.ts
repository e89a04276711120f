// What `tsbuild du` prints.
import type { DiskUsage } from '../../index.js';
import { escapeLine } from './escape.js';
import { formatBytes } from './format.js';
import { renderTable, type TableStyle } from './table.js';

export interface UsageView {
  readonly isVerbose: boolean;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly style: TableStyle;
}

/** Ends with a newline. Pure. */
export function renderUsage(usage: DiskUsage, view: UsageView): string {
  const { style, now } = view;
  const classes = renderTable(
    [
      { title: 'CLASS', text: (row) => row.class },
      { title: 'ITEMS', text: (row) => String(row.count), isRight: true },
      { title: 'SIZE', text: (row) => formatBytes(row.bytes), isRight: true },
      { title: 'RECLAIMABLE', text: (row) => formatBytes(row.reclaimableBytes), isRight: true },
      { title: 'LAST USED', text: (row) => ago(row.lastUsed, now) },
    ],
    usage.classes,
    style,
  );
  const sums = `Total:        ${formatBytes(usage.totalBytes)}\nReclaimable:  ${formatBytes(usage.reclaimableBytes)}\n`;
  const parts = view.isVerbose ? [itemsOf(usage, view), imagesOf(usage, view)] : [];
  return [...parts.filter((part) => part !== ''), classes, sums + unreadableOf(usage)].join('\n');
}

function itemsOf({ items }: DiskUsage, { now, style }: UsageView): string {
  if (items.length === 0) return '';
  return renderTable(
    [
      { title: 'ID', text: (item) => shortId(item.id) },
      { title: 'CLASS', text: (item) => item.class },
      { title: 'SIZE', text: (item) => formatBytes(item.bytes), isRight: true },
      { title: 'RECLAIMABLE', text: (item) => (item.isInUse ? 'in use' : 'true') },
      { title: 'LAST USED', text: (item) => ago(item.lastUsed, now) },
      { title: 'DESCRIPTION', text: (item) => item.description, isCut: true },
    ],
    items,
    style,
  );
}

function imagesOf({ images }: DiskUsage, { style }: UsageView): string {
  if (images.length === 0) return '';
  return renderTable(
    [
      { title: 'IMAGE', text: (image) => image.name, isCut: true },
      { title: 'UNIQUE', text: (image) => formatBytes(image.uniqueBytes), isRight: true },
      { title: 'SHARED', text: (image) => formatBytes(image.sharedBytes), isRight: true },
    ],
    images,
    style,
  );
}

function unreadableOf({ unreadable }: DiskUsage): string {
  const [first] = unreadable;
  if (first === undefined) return '';
  const folders = unreadable.length === 1 ? '1 folder' : `${unreadable.length} folders`;
  return `${folders} of other user ids cannot be read, and count with the size of their layers, such as ${escapeLine(first)}\n`;
}

/** Without the class, which has a column of its own; enough of it for `--filter id=`. */
function shortId(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 25);
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

function ago(time: number | undefined, now: number): string {
  if (time === undefined) return '';
  const seconds = Math.max(0, now - time);
  const [size, name] = UNITS.find(([each]) => seconds >= each) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? '' : 's'} ago`;
}
