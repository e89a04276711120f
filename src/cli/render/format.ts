// Sizes, durations and progress as BuildKit prints them (tonistiigi/units, progressui/printer.go).
import type { BuildEvent } from '../../core/events.js';

export type ProgressEvent = Extract<BuildEvent, { kind: 'step-progress' }>;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Decimal units with two digits after the point; bytes without. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? amount.toFixed(0) : amount.toFixed(2)}${UNITS[unit]}`;
}

/**
 * Seconds since a step began, in front of its log lines: 3 digits after the point below 10 s, 2 below 100 s, else 1.
 */
export function formatLogTime(seconds: number): string {
  const s = Math.max(0, seconds);
  return s.toFixed(s < 10 ? 3 : s < 100 ? 2 : 1);
}

/** `1.20MB / 3.00MB`, `1.20MB`, `3 / 9 files`; empty when nothing is known. */
export function formatProgress({
  current,
  total,
  unit,
}: Pick<ProgressEvent, 'current' | 'total' | 'unit'>): string {
  const format = unit === 'files' ? String : formatBytes;
  const suffix = unit === 'files' ? ' files' : '';
  if (total) return `${format(current)} / ${format(total)}${suffix}`;
  return current ? format(current) + suffix : '';
}

/** The name of what moves: a colon parts words from a count (`transferring context: 2B`), a digest stands alone. */
export function formatItem(item: string, progress: string): string {
  return progress === '' || item.endsWith(':') || /^(extracting )?sha256:/.test(item) ? item : `${item}:`;
}

/** `12.30MB/s`; empty for what is not counted in bytes, and before there is something to tell. */
export function formatSpeed(
  { current, unit }: Pick<ProgressEvent, 'current' | 'unit'>,
  seconds: number,
): string {
  if (unit === 'files' || current === 0 || seconds < 0.2) return '';
  return `${formatBytes(current / seconds)}/s`;
}
