// Clients of a socket, for processes that are not Node.
import type { Binding } from './binding.js';

const SOCK_CLOEXEC = 0o2000000;

export interface SocketCalls {
  /** The next client, which must wait already. @returns its descriptor, close-on-exec */
  acceptClient(listener: number): number;
}

export function socketCalls(binding: Pick<Binding, 'raw'>): SocketCalls {
  const accept4 = binding.raw('accept4', { x64: 288, arm64: 242 }, ['int', 'void *', 'void *', 'int']);
  return { acceptClient: (listener) => accept4(listener, null, null, SOCK_CLOEXEC) };
}
