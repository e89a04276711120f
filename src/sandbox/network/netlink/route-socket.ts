// Interfaces, addresses and routes of one network namespace: the one that the process behind `calls` is in when the
// socket is opened. It may leave that namespace, and the socket still speaks for it.
import { systemCallError } from '../../../host/syscalls/binding.js';
import type { SystemCalls } from '../../../host/syscalls/system-calls.js';
import { invariant } from '../../../core/errors.js';
import { decodeMessages, encodeMessage, errorOfMessage, NLMSG_DONE } from './message.js';
import { linkOf, listLinks, type Link, type Request } from './requests.js';

export interface RouteSocket {
  /** Has the request done. @throws SystemCallError with the kernel's errno, named by `what` */
  request(what: string, request: Request): void;
  links(): Link[];
  /** Undefined when there is none of this name. */
  find(name: string): Link | undefined;
  /** There is one. */
  indexOf(name: string): number;
  close(): void;
}

/** @throws SystemCallError */
export function openRouteSocket(calls: Pick<SystemCalls, 'netlink'>): RouteSocket {
  const netlink = calls.netlink();
  const fd = netlink.openRoute();
  let sequence = 0;

  function send(request: Request): number {
    sequence += 1;
    netlink.send(fd, encodeMessage({ ...request, sequence }));
    return sequence;
  }

  function request(what: string, asked: Request): void {
    const own = send(asked);
    for (;;)
      for (const message of decodeMessages(netlink.receive(fd))) {
        const errno = errorOfMessage(message);
        if (message.sequence !== own || errno === undefined) continue;
        if (errno !== 0) throw systemCallError(what, errno);
        return;
      }
  }

  function links(): Link[] {
    const own = send(listLinks());
    const found: Link[] = [];
    for (;;)
      for (const message of decodeMessages(netlink.receive(fd))) {
        if (message.sequence !== own) continue;
        const errno = errorOfMessage(message);
        if (errno !== undefined && errno !== 0) throw systemCallError('RTM_GETLINK', errno);
        if (message.type === NLMSG_DONE) return found;
        const link = linkOf(message);
        if (link) found.push(link);
      }
  }

  const find = (name: string): Link | undefined => links().find((link) => link.name === name);
  return {
    request,
    links,
    find,
    indexOf(name) {
      const link = find(name);
      invariant(link, `there is an interface ${name}`);
      return link.index;
    },
    close: () => netlink.close(fd),
  };
}
