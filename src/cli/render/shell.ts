// What stands above a shell that is opened where a command failed.
import type { BuildEvent } from '../../core/events.js';
import { shorten } from '../../core/shorten.js';
import { escapeMessage } from './escape.js';

type ShellOpen = Extract<BuildEvent, { readonly kind: 'shell-open' }>;

/** @param files which state of the files the shell has: `as it left them` */
export function renderShell({ step, failure }: ShellOpen, { files }: { readonly files: string }): string {
  return `\n${escapeMessage(shorten(step))} failed: ${escapeMessage(failure)}\nA shell with the files ${files}; exit ends it.\n`;
}
