// A process may not see or change the limit that marks its credentials (credential-table.ts). It always sees it as
// unlimited. Setting it, as pam_limits(8) does with every limit, has no effect.
import { addressOf, type Answer, type Handler, type TrappedCall } from './watched-call.js';
import { writeBytes } from './target.js';

/** struct rlimit: RLIM_INFINITY twice. */
const UNLIMITED = Buffer.alloc(16, 0xff);

export const hideMarksHandlers: Readonly<Record<string, Handler>> = {
  setrlimit: () => 0,
  getrlimit: (call) => writeBytes(call, addressOf(call, 1), UNLIMITED),
  prlimit64: (call) => showOld(call, addressOf(call, 3)),
};

function showOld(call: TrappedCall, address: bigint): Answer {
  return address === 0n ? 0 : writeBytes(call, address, UNLIMITED);
}
