// What this kernel has of Landlock: 0 where there is none.
import { loadSyscalls } from '../../src/host/syscalls/system-calls.js';

export async function landlockVersion(): Promise<number> {
  if (process.platform !== 'linux') return 0;
  return Math.max(0, (await loadSyscalls()).landlockVersion());
}
