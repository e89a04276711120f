// Checks the ids that a command asks for against those that its namespace has. Pure.
import { assertIds, describeIds, hasId, MAX_ID, type IdSpan } from '../rootfs/id-spans.js';
import type { AnyProcess } from './process-spec.js';

/** @throws TsbuildError SANDBOX_NO_SUBUID for a user, a group or an owner of a mount that cannot be had */
export function assertProcessIds(ids: readonly IdSpan[], command: AnyProcess): void {
  assertIds(ids, command, () => 'the user of this process is');
  for (const gid of command.groups)
    assertIds(ids, { uid: command.uid, gid }, () => 'the user of this process is in');
  for (const mount of command.mounts)
    if ('uid' in mount) assertIds(ids, mount, () => `the mount on ${mount.target} belongs to`);
}

const NAMES_OWNERS =
  /\b(chown|chgrp|install|useradd|adduser|usermod|groupadd|addgroup|groupmod|setpriv|su)\b/;

/**
 * A hint for a command that failed: the kernel says only `Invalid argument` when a file is given to an id that the
 * namespace lacks. Undefined when the command names no such id.
 */
export function missingIdIn(ids: readonly IdSpan[], argv: readonly string[]): string | undefined {
  const command = argv.join(' ');
  if (!NAMES_OWNERS.test(command)) return undefined;
  const named = (command.match(/(?<![\w.])\d{5,10}(?![\w.])/g) ?? []).map(Number);
  const missing = named.find((id) => id <= MAX_ID && !hasId(ids, id));
  if (missing === undefined) return undefined;
  return `if it wants id ${missing}: a process has the ids ${describeIds(ids)} on this machine, from the ranges of this user in /etc/subuid and /etc/subgid; with --isolation userns-single any id can be used`;
}
