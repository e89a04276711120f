// Unix stream sockets as bare descriptors, for processes that are not Node.
import type { Binding } from './binding.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const BACKLOG = 64;
/** Of struct sockaddr_un. */
const PATH = 2;
const ADDRESS_BYTES = 110;

export interface StreamSocketCalls {
  /** Two ends, both close-on-exec. */
  streamPair(): readonly [number, number];
  /**
   * Listens at an entry of a directory that is not there yet; close-on-exec. However long the path of the directory is:
   * the name has 80 bytes at most.
   */
  listenAt(dir: number, name: string): number;
}

export function streamSocketCalls(binding: Binding): StreamSocketCalls {
  const socketpair = binding.define('int socketpair(int domain, int type, int protocol, void *ends)');
  const socket = binding.define('int socket(int domain, int type, int protocol)');
  const bind = binding.raw('bind', { x64: 49, arm64: 200 }, ['int', 'const void *', 'uint']);
  const listen = binding.raw('listen', { x64: 50, arm64: 201 }, ['int', 'int']);
  const close = binding.define('int close(int fd)');
  return {
    streamPair: () => {
      const ends = new Int32Array(2);
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, new Uint8Array(ends.buffer));
      return [ends[0]!, ends[1]!];
    },
    listenAt: (dir, name) => {
      const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const address = Buffer.alloc(ADDRESS_BYTES);
      address.writeUInt16LE(AF_UNIX);
      address.write(`/proc/self/fd/${dir}/${name}`, PATH);
      try {
        bind(fd, address, address.length);
        listen(fd, BACKLOG);
        return fd;
      } catch (error) {
        close(fd);
        throw error;
      }
    },
  };
}
