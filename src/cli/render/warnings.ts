// The warnings of a build, after its end: ` 2 warnings found (use --debug to expand):` and one line each (buildx
// commands/build.go printWarnings).
import type { BuildEvent } from '../../core/events.js';
import { renderSourceFrame } from '../../core/source-frame.js';
import { escapeLine, escapeMessage } from './escape.js';

export type WarningEvent = Extract<BuildEvent, { kind: 'warning' }>;

/** `Rule: message (line 3)`. */
export function formatWarning({ rule, message, location }: WarningEvent): string {
  return `${rule ? `${rule}: ` : ''}${message}${location ? ` (line ${location.startLine})` : ''}`;
}

/** Empty without warnings. `isExpandable`: there is an option to see more. */
export function renderWarnings(
  warnings: readonly WarningEvent[],
  { isDebug, isExpandable = !isDebug }: { readonly isDebug: boolean; readonly isExpandable?: boolean },
): string {
  if (warnings.length === 0) return '';
  const count = warnings.length === 1 ? '1 warning found' : `${warnings.length} warnings found`;
  const rows = warnings.map(
    (warning) => ` - ${escapeMessage(formatWarning(warning))}\n${isDebug ? detailOf(warning) : ''}`,
  );
  return `\n ${count}${isExpandable ? ' (use --debug to expand)' : ''}:\n${rows.join('')}`;
}

function detailOf({ detail, url, location }: WarningEvent): string {
  const lines = [
    ...(detail === undefined ? [] : [escapeMessage(detail)]),
    ...(url === undefined ? [] : [`More info: ${escapeLine(url)}`]),
    ...(location === undefined ? [] : [renderFrameSafely(location)]),
  ];
  return `${[...lines, ''].join('\n')}\n`;
}

/** A source frame whose control characters are escaped. */
export function renderFrameSafely(location: NonNullable<WarningEvent['location']>): string {
  return renderSourceFrame(location).split('\n').map(escapeLine).join('\n');
}
