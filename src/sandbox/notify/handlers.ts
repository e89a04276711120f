// What answers each trapped system call, by its number on a machine.
import { deviceTraps, statusTraps } from '../seccomp/call-traps.js';
import { syscallNumbers, type SeccompArch } from '../seccomp/syscall-numbers.js';
import { credentialHandlers } from './change-credentials.js';
import { changeOwnerHandlers } from './change-owner.js';
import { createObjectHandlers } from './create-object.js';
import { executeFileHandlers } from './execute-file.js';
import { guardHandlers } from './guard-objects.js';
import { hideMarksHandlers } from './hide-marks.js';
import { hideRecordsHandlers } from './hide-records.js';
import type { DeviceHandler, Handler } from './watched-call.js';
import { keepTimeRecordsHandlers, narrowTimeHandlers } from './keep-time-records.js';
import { narrowHandlers } from './narrow-ids.js';
import { deviceHandlers } from './show-devices.js';
import { showStatusHandlers } from './show-status.js';
import { canonicalName, trappedCalls } from './trapped-calls.js';

const HANDLERS: Readonly<Record<string, Handler>> = {
  ...changeOwnerHandlers,
  ...credentialHandlers,
  ...createObjectHandlers,
  ...executeFileHandlers,
  ...guardHandlers,
  ...hideMarksHandlers,
  ...hideRecordsHandlers,
  ...keepTimeRecordsHandlers,
  ...showStatusHandlers,
  chroot({ command }) {
    command.mayHaveOtherRoots = true;
    return 'continue';
  },
};

/** Of programs of 32 bits: calls whose ids or times have another size than those of the same name. */
const NARROW: Readonly<Record<string, Handler>> = {
  ...narrowTimeHandlers,
  ...narrowHandlers({ ...changeOwnerHandlers, ...credentialHandlers }),
};

/** The calls that are answered for a command that is shown devices. */
export function deviceHandlersByNumber(arch: SeccompArch): ReadonlyMap<number, DeviceHandler> {
  const numbers = syscallNumbers(arch);
  const traps = [...deviceTraps(numbers), ...statusTraps(numbers)].map(({ number }) => number);
  return new Map(
    Object.entries(deviceHandlers).flatMap(([name, handler]) => {
      const number = numbers.get(name);
      return number !== undefined && traps.includes(number) ? [[number, handler] as const] : [];
    }),
  );
}

/** @throws Error when a trapped call has no handler */
export function handlersByNumber(arch: SeccompArch): ReadonlyMap<number, Handler> {
  const numbers = syscallNumbers(arch);
  return new Map(
    trappedCalls(arch, { isGuarded: true }).map(({ name }) => {
      const handler = (arch === 'x86' ? NARROW[name] : undefined) ?? HANDLERS[canonicalName(name)];
      const number = numbers.get(name);
      if (!handler || number === undefined) throw new Error(`nothing answers ${name} on ${arch}`);
      return [number, handler] as const;
    }),
  );
}
