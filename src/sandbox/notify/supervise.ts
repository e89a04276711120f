// Answers the trapped calls of commands, one after the other (seccomp_unotify(2)).
import { AUDIT_ARCH } from '../seccomp/assemble-filter.js';
import type { SeccompArch } from '../seccomp/syscall-numbers.js';
import { NOTIFICATION_BYTES, RESPONSE_BYTES } from '../../host/syscalls/notification-calls.js';
import { EPERM } from './errno.js';
import { callIn, FIELD, fillResponse } from './notification.js';
import { isWaiting, type Answer, type WatchedCall, type WatchedCommand } from './watched-call.js';

/** What answers each trapped call of a machine, by number. */
export type HandlersOf<Command extends WatchedCommand> = (
  arch: SeccompArch,
) => ReadonlyMap<number, (call: WatchedCall<Command>) => Answer>;

/** Takes one notification of a command and answers it. Nothing is done when its process has ended meanwhile. */
export function createAnswering<Command extends WatchedCommand>(
  handlersOf: HandlersOf<Command>,
): (command: Command) => void {
  const handlers = handlersOfMachine(handlersOf);
  const notification = Buffer.alloc(NOTIFICATION_BYTES);
  const response = Buffer.alloc(RESPONSE_BYTES);
  return (command) => {
    if (command.calls.receive(command.listener, notification) < 0) return;
    const handler = handlers
      .get(notification.readUInt32LE(FIELD.arch))
      ?.get(notification.readInt32LE(FIELD.number));
    const call = callIn(notification, command);
    const answer = handler ? answerOf(handler, call) : EPERM;
    if (answer === undefined) return;
    fillResponse(response, call.id, answer);
    command.calls.respond(command.listener, response);
  };
}

/** Undefined for a process that was killed meanwhile: it needs no answer, whatever the handler ran into. */
function answerOf<Call extends WatchedCall>(handler: (call: Call) => Answer, call: Call): Answer | undefined {
  try {
    return handler(call);
  } catch (error) {
    if (isWaiting(call)) throw error;
    return undefined;
  }
}

/** Handlers by AUDIT_ARCH_* and number. */
function handlersOfMachine<Command extends WatchedCommand>(handlersOf: HandlersOf<Command>) {
  const archs: readonly SeccompArch[] = process.arch === 'arm64' ? ['arm64'] : ['x64', 'x86'];
  return new Map(archs.map((arch) => [AUDIT_ARCH[arch], handlersOf(arch)]));
}
