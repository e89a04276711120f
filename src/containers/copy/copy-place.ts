// The two places of docker's cp as a user writes them: `CONTAINER:PATH`, a path of this machine, or `-`. Pure.
import { posix } from 'node:path';

export type CopyPlace =
  | { readonly kind: 'stream' }
  | { readonly kind: 'local'; readonly path: string }
  /** The path is absolute and clean, but keeps its last `/` or `/.`. */
  | { readonly kind: 'container'; readonly container: string; readonly path: string };

/** A path of this machine with a colon is told by its beginning: `/` or `.` (docker's splitCpArg). */
export function parseCopyPlace(text: string): CopyPlace {
  if (text === '-') return { kind: 'stream' };
  const at = text.indexOf(':');
  if (at <= 0 || text.startsWith('/') || text.startsWith('.')) return { kind: 'local', path: text };
  return { kind: 'container', container: text.slice(0, at), path: cleanInside(text.slice(at + 1)) };
}

/** `/a//b/./../c/.` becomes `/a/c/.` */
function cleanInside(path: string): string {
  const clean = posix.normalize(`/${path}`);
  if (!/(^|\/)\.$/.test(path)) return clean;
  return `${clean.replace(/\/$/, '')}/.`;
}
