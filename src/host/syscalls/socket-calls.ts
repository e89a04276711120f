// Sockets by name (unix(7)), for processes that are not Node's: they are given the descriptor.
import type { Binding } from './binding.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
/** Of sun_path, with its end. */
const PATH_BYTES = 108;
const BACKLOG = 64;

export interface SocketCalls {
  /** A stream socket that listens at a path, which must be free. @returns its descriptor, close-on-exec */
  listenAt(path: string): number;
  /** The next client, which must wait already. @returns its descriptor, close-on-exec */
  acceptClient(listener: number): number;
}

export function socketCalls(binding: Pick<Binding, 'define' | 'raw'>): SocketCalls {
  const socket = binding.define('int socket(int domain, int type, int protocol)');
  const bind = binding.raw('bind', { x64: 49, arm64: 200 }, ['int', 'const void *', 'uint']);
  const accept4 = binding.raw('accept4', { x64: 288, arm64: 242 }, ['int', 'void *', 'void *', 'int']);
  const listen = binding.raw('listen', { x64: 50, arm64: 201 }, ['int', 'int']);
  return {
    listenAt(path) {
      const address = Buffer.alloc(2 + PATH_BYTES);
      address.writeUInt16LE(AF_UNIX, 0);
      address.write(path, 2, PATH_BYTES - 1, 'utf8');
      const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      bind(fd, address, address.length);
      listen(fd, BACKLOG);
      return fd;
    },
    acceptClient: (listener) => accept4(listener, null, null, SOCK_CLOEXEC),
  };
}
