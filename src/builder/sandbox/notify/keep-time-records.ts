// utimensat(2) on what keeps its owner in the access time (owner-record.ts): the record stays, the modification time is set. Archivers
// set times after owners.
import { ownerOfTime } from '../../rootfs/owner-record.js';
import { recordAsTime } from './owner-of-object.js';
import { readStatus } from './status.js';
import { addressOf, intOf, isWaiting, type Answer, type Handler } from './supervised-step.js';
import { EFAULT, ENOENT } from './errno.js';
import { openObject, readBytes, readText } from './target.js';

const UTIME_OMIT = 0x3ffffffen;
const UTIME_NOW = 0x3fffffffn;

export const keepTimeRecordsHandlers: Readonly<Record<string, Handler>> = {
  utimensat(call): Answer {
    const path = addressOf(call, 1) === 0n ? '' : readText(call, addressOf(call, 1));
    if (typeof path === 'number' || path === '') return 'continue';
    const { calls } = call.step;
    const fd = openObject(call, intOf(call, 0), path, { isFollowed: false });
    if (fd < 0) return 'continue';
    try {
      const status = readStatus(calls, fd);
      const owner = status.type === 'other' ? ownerOfTime(status.atime) : undefined;
      if (!owner) return 'continue';
      const mtime =
        addressOf(call, 2) === 0n ? 'now' : modificationTime(readBytes(call, addressOf(call, 2), 32));
      if (mtime === 'unreadable') return EFAULT;
      return isWaiting(call) ? recordAsTime(calls, fd, owner, mtime) : ENOENT;
    } finally {
      calls.close(fd);
    }
  },
};

/** The second of two struct timespec. */
function modificationTime(times: Buffer | undefined) {
  if (!times) return 'unreadable';
  const [seconds, nanoseconds] = [times.readBigInt64LE(16), times.readBigInt64LE(24)];
  if (nanoseconds === UTIME_OMIT) return undefined;
  return nanoseconds === UTIME_NOW ? 'now' : { seconds, nanoseconds };
}
