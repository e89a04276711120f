// Which start of the machine this is: what was written but not synced is trusted until the next one.
import { readFileSync } from 'node:fs';

/** A UUID (random(4)); undefined where the system has none to tell. */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Another system than Linux, or no /proc: absence is a value here.
    return undefined;
  }
}
