// STOPSIGNAL values as moby/sys/signal accepts them on Linux: any number but 0, or a name.
import { TsbuildError, type SourceLocation } from '../core/errors.js';

const NAMES = new Set(
  `ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU
   URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX`.split(/\s+/),
);
const NUMBER = /^[+-]?[0-9]+$/;
const LARGEST = 2n ** 63n;

/** @throws TsbuildError DOCKERFILE_SYNTAX `invalid signal: x` */
export function assertSignal(text: string, location: SourceLocation): void {
  if (NUMBER.test(text) ? isSignalNumber(text) : isSignalName(text)) return;
  throw new TsbuildError('DOCKERFILE_SYNTAX', `invalid signal: ${text}`, { location });
}

/** Whatever fits into 64 bits. */
function isSignalNumber(text: string): boolean {
  const digits = text.replace(/^[+-]?0*/, '');
  if (digits === '' || digits.length > 19) return false;
  const value = BigInt(digits);
  return text.startsWith('-') ? value <= LARGEST : value < LARGEST;
}

function isSignalName(text: string): boolean {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^RT(?:MIN\+([1-9][0-9]?)|MAX-([1-9][0-9]?))$/.exec(name);
  return NAMES.has(name) || (realTime !== null && isInRange(realTime));
}

function isInRange([, up, down]: RegExpExecArray): boolean {
  return up === undefined ? Number(down) <= 14 : Number(up) <= 15;
}
