// The tag under which a scope lies in a repository. Pure.
// Invariant: two scopes have two tags, so that no name of a branch can be made up that writes to another one's scope.
import { digestOf, hexOf } from '../../core/digest.js';

/** The scope when none is named. */
export const DEFAULT_SCOPE = 'main';

const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
/** Looks as if it were made here. */
const MADE = /-[0-9a-f]{12}$/;
const MADE_LENGTH = 12;
const MAX_STEM = 100;

/** The scope itself where it is a tag; else a tag that resembles it and ends in a hash. */
export function tagOfScope(scope: string): string {
  if (TAG.test(scope) && !MADE.test(scope)) return scope;
  const stem = scope.slice(0, MAX_STEM).replaceAll(/[^A-Za-z0-9_.-]+/g, '-');
  const hash = hexOf(digestOf(scope)).slice(0, MADE_LENGTH);
  return `${stem.replace(/^[.-]+/, '') || 'scope'}-${hash}`;
}
