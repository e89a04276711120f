// A socket of NETLINK_ROUTE (netlink(7)). It belongs to the network namespace that its process is in when it is opened.
import type { Binding } from './binding.js';
import type { FileCalls } from './file-calls.js';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
/** The kernel fills no more than this with one answer. */
const PACKET_BYTES = 0x7000;

export interface NetlinkCalls {
  /** A descriptor, close-on-exec. */
  openRoute(): number;
  send(fd: number, packet: Uint8Array): void;
  /** One packet. Waits for it: the kernel answers what is sent at once. */
  receive(fd: number): Buffer;
  close(fd: number): void;
}

export function netlinkCalls(
  binding: Pick<Binding, 'define' | 'raw'>,
  { close }: Pick<FileCalls, 'close'>,
): NetlinkCalls {
  const socket = binding.define('int socket(int domain, int type, int protocol)');
  const sendto = binding.raw('sendto', { x64: 44, arm64: 206 }, [
    'int',
    'const void *',
    'size_t',
    'int',
    'const void *',
    'uint',
  ]);
  const recvfrom = binding.raw('recvfrom', { x64: 45, arm64: 207 }, [
    'int',
    'void *',
    'size_t',
    'int',
    'void *',
    'void *',
  ]);
  return {
    openRoute: () => socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE),
    send: (fd, packet) => void sendto(fd, packet, packet.length, 0, null, 0),
    receive(fd) {
      const packet = Buffer.alloc(PACKET_BYTES);
      return packet.subarray(0, recvfrom(fd, packet, packet.length, 0, null, null));
    },
    close,
  };
}
