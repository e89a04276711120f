// STOPSIGNAL values as moby/sys/signal accepts them on Linux.
import { TsbuildError, type SourceLocation } from '../core/errors.js';

const NAMES = new Set(
  `ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU
   UNUSED URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX`.split(/\s+/),
);

/** @throws TsbuildError DOCKERFILE_SYNTAX `invalid signal: x` */
export function assertSignal(text: string, location: SourceLocation): void {
  if (/^\d+$/.test(text) && Number(text) !== 0) return;
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^RT(?:MIN\+(\d+)|MAX-(\d+))$/.exec(name);
  const isKnown = NAMES.has(name) || (realTime !== null && inRange(realTime));
  if (!isKnown) throw new TsbuildError('DOCKERFILE_SYNTAX', `invalid signal: ${text}`, { location });
}

function inRange([, up, down]: RegExpExecArray): boolean {
  return up === undefined ? Number(down) >= 1 && Number(down) <= 14 : Number(up) >= 1 && Number(up) <= 15;
}
