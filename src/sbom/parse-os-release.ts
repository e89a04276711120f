// The distribution that a tree says it is: os-release(5). Pure.
import { cleanText } from './clean-text.js';
import { linesOf } from './read-fields.js';

export interface Distribution {
  /** `debian`, `alpine`: the namespace of its packages' URLs. */
  readonly id: string;
  /** `debian-12`, `alpine-3.20.1`; the id alone of what has no versions. */
  readonly release: string;
}

/** Undefined without an ID in os-release's form. */
export function parseOsRelease(bytes: Uint8Array): Distribution | undefined {
  const values = new Map<string, string>();
  for (const line of linesOf(Buffer.from(bytes).toString('utf8'))) {
    const [, name, value] = /^(ID|VERSION_ID)=(.{0,200})$/.exec(line.trim()) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, unquoted(value));
  }
  const id = values.get('ID') ?? '';
  if (!/^[a-z0-9._-]+$/.test(id)) return undefined;
  const version = cleanText(values.get('VERSION_ID'));
  return { id, release: version === undefined ? id : `${id}-${version}` };
}

/** As a shell reads it, without escapes: no ID and no version has any. */
function unquoted(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}
