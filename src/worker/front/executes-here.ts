// Whether this machine executes a program: by its processor, or by what its host has registered. Found by trying, with
// posix_spawn(3): execvp(3), by which Node starts programs, has a shell read what the kernel does not know.
import { fromUtf8 } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_RDWR } from '../../host/syscalls/open-flags.js';
import { loadSyscalls, type OwnSystemCalls } from '../../host/syscalls/system-calls.js';

/** Behind the standard descriptors. Emulators open the program once more, by its path. */
const PROGRAM = '/proc/self/fd/3';

/** @param program a file that ends at once with 0 @throws TsbuildError SANDBOX_NO_KOFFI */
export async function executesHere(program: Uint8Array): Promise<boolean> {
  const calls = await loadSyscalls();
  const opened: number[] = [];
  try {
    const file = calls.memoryFile('trial', program);
    opened.push(file);
    const none = calls.openat(AT_FDCWD, fromUtf8('/dev/null'), O_RDWR);
    opened.push(none);
    return endsWell(calls, calls.spawn(PROGRAM, [none, none, none, file]));
  } catch (error) {
    const cause = error instanceof TsbuildError ? error.cause : error;
    // The kernel does not know the program, or executes nothing from memory (vm.memfd_noexec).
    if (isSystemCallError(cause)) return false;
    throw error;
  } finally {
    for (const fd of opened) calls.close(fd);
  }
}

function endsWell(calls: Pick<OwnSystemCalls, 'reap'>, pid: number): boolean {
  return calls.reap(pid, { isAwaited: true })?.code === 0;
}
