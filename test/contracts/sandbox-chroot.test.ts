// The rung `chroot` passes the suite of sandboxes as root, but for the rows that need a namespace or a mount. What it
// holds instead is in sandbox-chroot-own.test.ts.
import { chrootRung } from '../../src/worker/front/chroot-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { sandboxSuite } from './sandbox-suite.js';

const NO_PROCFS = 'no procfs can be mounted; /proc is a folder of files';
const NO_MOUNTS =
  'nothing can be mounted: what would be read-only or of a size is a part of the rootfs for the time of the step';

sandboxSuite({
  name: 'chroot',
  isWithoutNamespaces: true,
  needs: ['root'],
  defaults: { network: 'host' },
  unheld: {
    "root has Docker's capabilities, may gain no others, and no_new_privs is off":
      'SYS_CHROOT and MKNOD would lead out of a chroot',
    'another user has its groups and no capability': 'SYS_CHROOT and MKNOD would lead out of a chroot',
    'the environment is exactly the given one': NO_PROCFS,
    'descriptors are 0 to 2: an empty stdin and two pipes that can be opened again': NO_PROCFS,
    'signals are not ignored or blocked, the command is process 1 and leads a session': NO_PROCFS,
    'hostname, umask, resolv.conf and hosts': 'the host name is that of the machine',
    '/proc is guarded and /sys read-only': NO_PROCFS,
    'devices are the six harmless ones':
      'there is no /dev/fd without a procfs and no /dev/ptmx without a devpts',
    'network none has only lo, and it is up': 'refused: there is no network namespace',
    'network host sees the interfaces of the host, /sys is read-only there too': 'no sysfs can be mounted',
    limits: 'the size of /dev/shm is refused: no tmpfs can be mounted',
    'set-user-id and file capabilities work, and capabilities are in the layer as every runtime reads them':
      NO_PROCFS,
    'secrets are on a tmpfs, with their mode and owner, read-only': NO_MOUNTS,
    'binds: read-only by default, writes of rw are thrown away, links of the source stay inside': NO_MOUNTS,
    'cache mounts: private ones are apart, locked ones wait, shared ones meet':
      'a cache directory is in one rootfs at a time: shared ones wait like locked ones',
    'a user may open a streamed standard input by its descriptor': NO_PROCFS,
    'process 1 of a pid namespace is not ended by a signal that it has no handler for':
      'there is no pid namespace: every signal does what it does to any process',
    'a terminal belongs to the user, whatever he is':
      'the terminal is one of the host, so that it has no name in the rootfs, and there is no console',
    'a working directory through /proc/self/fd leads nowhere': NO_PROCFS,
  },
  open: (paths) => openWorkerSandbox({ rung: chrootRung, paths, signal: new AbortController().signal }),
});
