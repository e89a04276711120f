// Answers the trapped calls of steps, one after the other (seccomp_unotify(2)).
import { AUDIT_ARCH } from '../seccomp/assemble-filter.js';
import type { SeccompArch } from '../seccomp/syscall-numbers.js';
import { NOTIFICATION_BYTES, RESPONSE_BYTES } from '../syscalls/notify-calls.js';
import { EPERM } from './errno.js';
import { handlersByNumber } from './handlers.js';
import {
  isWaiting,
  type Answer,
  type Handler,
  type SupervisedStep,
  type TrappedCall,
} from './supervised-step.js';

const CONTINUE = 1;
const ARGUMENTS = 6;

/** struct seccomp_notif: where it holds what. */
const FIELD = { id: 0, pid: 8, number: 16, arch: 20, arguments: 32 };

/** Takes one notification of a step and answers it; one whose process has ended meanwhile is nothing. */
export function createAnswering(): (step: SupervisedStep) => void {
  const handlers = handlersOfMachine();
  const notification = Buffer.alloc(NOTIFICATION_BYTES);
  const response = Buffer.alloc(RESPONSE_BYTES);
  return (step) => {
    if (step.calls.receive(step.listener, notification) < 0) return;
    const id = notification.readBigUInt64LE(FIELD.id);
    const handler = handlers
      .get(notification.readUInt32LE(FIELD.arch))
      ?.get(notification.readInt32LE(FIELD.number));
    const pid = notification.readUInt32LE(FIELD.pid);
    const args = Array.from({ length: ARGUMENTS }, (_, i) =>
      notification.readBigUInt64LE(FIELD.arguments + 8 * i),
    );
    const answer = handler ? answerOf(handler, { step, pid, id, args }) : EPERM;
    if (answer === undefined) return;
    fillResponse(response, id, answer);
    step.calls.respond(step.listener, response);
  };
}

/** Undefined for a process that was killed meanwhile: it needs no answer, whatever the handler ran into. */
function answerOf(handler: Handler, call: TrappedCall): Answer | undefined {
  try {
    return handler(call);
  } catch (error) {
    if (isWaiting(call)) throw error;
    return undefined;
  }
}

/** Handlers by AUDIT_ARCH_* and number. */
function handlersOfMachine(): ReadonlyMap<number, ReadonlyMap<number, Handler>> {
  const archs: readonly SeccompArch[] = process.arch === 'arm64' ? ['arm64'] : ['x64', 'x86'];
  return new Map(archs.map((arch) => [AUDIT_ARCH[arch], handlersByNumber(arch)]));
}

/** struct seccomp_notif_resp */
function fillResponse(response: Buffer, id: bigint, answer: Answer): void {
  response.fill(0).writeBigUInt64LE(id);
  if (answer === 'continue') response.writeUInt32LE(CONTINUE, 20);
  else if (answer < 0) response.writeInt32LE(answer, 16);
  else response.writeBigInt64LE(BigInt(answer), 8);
}
