// A trapped call as the kernel tells it, and the answer as it takes it (seccomp_unotify(2)).
import type { Answer, WatchedCall, WatchedCommand } from './watched-call.js';

const CONTINUE = 1;
const ARGUMENTS = 6;

/** struct seccomp_notif: where it holds what. */
export const FIELD = { id: 0, pid: 8, number: 16, arch: 20, arguments: 32 };

/** What a struct seccomp_notif says. */
export function callIn<Command extends WatchedCommand>(
  notification: Buffer,
  command: Command,
): WatchedCall<Command> {
  return {
    command,
    pid: notification.readUInt32LE(FIELD.pid),
    id: notification.readBigUInt64LE(FIELD.id),
    args: Array.from({ length: ARGUMENTS }, (_, i) => notification.readBigUInt64LE(FIELD.arguments + 8 * i)),
  };
}

/** struct seccomp_notif_resp */
export function fillResponse(response: Buffer, id: bigint, answer: Answer): void {
  response.fill(0).writeBigUInt64LE(id);
  if (answer === 'continue') response.writeUInt32LE(CONTINUE, 20);
  else if (answer < 0) response.writeInt32LE(answer, 16);
  else response.writeBigInt64LE(BigInt(answer), 8);
}
