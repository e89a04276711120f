// fuse-overlayfs as the file system of steps passes the suite of sandboxes.
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { sandboxSuite } from './sandbox-suite.js';

sandboxSuite({
  name: 'fuse-overlayfs',
  needs: ['fuse'],
  unheld: {
    'a path too deep for a layer is an error, and is cleaned up':
      'fuse-overlayfs itself makes no path longer than PATH_MAX',
    'a socket of an earlier step can be removed, which is in the layer':
      'fuse-overlayfs leaves no mark for it; no layer has the socket',
    'FIFOs of a layer stay what they are, whatever is done to them':
      'fuse-overlayfs itself fails with EIO where it would have to copy a FIFO up',
  },
  open: (paths) =>
    openWorkerSandbox({
      rung: usernsRung,
      paths,
      settings: { rootfs: 'fuse-overlayfs' },
      signal: new AbortController().signal,
    }),
});
