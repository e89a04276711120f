// Identifies this start of the machine. Files that were written but not synced are trusted until the next start.
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
