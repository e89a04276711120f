// The launcher: started ahead of time as PID 1 of a new user and pid namespace, it waits for one order and becomes the command
// (design.md section 4). Synchronous from start to end.
import { readlinkSync, readSync, writeSync } from 'node:fs';
import { launch } from './launch.js';
import { launchInChroot } from './launch-chroot.js';
import {
  encodeFrame,
  failureOf,
  frameDecoder,
  type FromLauncher,
  type ToLauncher,
} from './launcher-protocol.js';
import { loadSyscalls } from './syscalls.js';

const CHANNEL = 3;
/** Standard output and error of the command: 2 is unshare's own. */
const OUTPUTS = [4, 5] as const;

function send(message: FromLauncher): void {
  const frame = encodeFrame(message);
  for (let done = 0; done < frame.length;) done += writeSync(CHANNEL, frame, done);
}

/** Waits for the next message; frames that came together with one are kept for the next call. */
function messageReader(): () => ToLauncher {
  const messages: ToLauncher[] = [];
  const decode = frameDecoder<ToLauncher>((message) => messages.push(message));
  const chunk = Buffer.alloc(65536);
  return () => {
    for (let message = messages.shift(); ; message = messages.shift()) {
      if (message) return message;
      const length = readSync(CHANNEL, chunk);
      // The worker is gone, or has no step for this launcher.
      if (length === 0) process.exit(0);
      decode(Buffer.from(chunk.subarray(0, length)));
    }
  };
}

async function main(): Promise<void> {
  // The proc file system here still is the worker's: its idea of this process's id is what the worker can signal.
  send({ kind: 'hello', pid: Number(readlinkSync('/proc/self')) });
  const calls = await loadSyscalls(process.argv[2]);
  const receive = messageReader();
  receive();
  const message = receive();
  if (message.kind !== 'launch') return;
  const enter = message.order.entry === 'chroot' ? launchInChroot : launch;
  enter(calls, message.order, { send, receive, outputs: OUTPUTS });
}

main()
  .catch((error: unknown) => send(failureOf(error)))
  // Reached only when the command was not executed.
  .finally(() => process.exit(1));
