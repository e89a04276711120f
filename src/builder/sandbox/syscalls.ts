// The system calls Node has no function for. Loaded only by processes that need them: the package koffi costs 25 ms.
import { loadBinding } from './syscalls/binding.js';
import { fileCalls, type FileCalls } from './syscalls/file-calls.js';
import { mountCalls, type MountCalls } from './syscalls/mount-calls.js';
import { processCalls, type ProcessCalls } from './syscalls/process-calls.js';

/** Every function throws a `SystemCallError` (binding.ts) carrying errno and the name of the call, unless it says otherwise. */
export interface SystemCalls extends FileCalls, MountCalls, ProcessCalls {}

/** `library` as of `loadBinding`. @throws TsbuildError SANDBOX_NO_KOFFI */
export async function loadSyscalls(library?: string): Promise<SystemCalls> {
  const binding = await loadBinding(library);
  return { ...fileCalls(binding), ...mountCalls(binding), ...processCalls(binding) };
}
