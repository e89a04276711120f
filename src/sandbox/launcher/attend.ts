// What a supervisor answers for one process. When it is lost, so is the process.
import { invariant, type TsbuildError } from '../../core/errors.js';
import type { Supervisor } from './supervisor-process.js';

export interface Attendance {
  supervise(message: Parameters<Supervisor['supervise']>[0]): Promise<void>;
  /**
   * To be called when the command has ended.
   * @throws TsbuildError SANDBOX_FAILED when calls of it may have been left without an answer
   */
  confirm(): Promise<void>;
  end(): void;
}

export function attend(
  supervisor: (() => Promise<Supervisor>) | undefined,
  lose: (error: TsbuildError) => void,
): Attendance {
  let confirm: (() => Promise<void>) | undefined;
  let unwatch: (() => void) | undefined;
  return {
    async supervise(message) {
      invariant(supervisor, 'a supervised process was launched beside a supervisor');
      const attending = await supervisor();
      unwatch = attending.watch(lose);
      confirm = attending.confirm;
      await attending.supervise(message);
    },
    confirm: async () => confirm?.(),
    end: () => unwatch?.(),
  };
}
