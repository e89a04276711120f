// Copies as the file system of steps pass the suite of sandboxes in a user namespace.
import { usernsRung } from '../../src/builder/sandbox/userns-rung.js';
import { openWorkerSandbox } from '../../src/builder/sandbox/worker-sandbox.js';
import { sandboxSuite } from './sandbox-suite.js';

sandboxSuite({
  name: 'copy',
  open: (paths) =>
    openWorkerSandbox({
      rung: usernsRung,
      paths,
      settings: { rootfs: 'copy' },
      signal: new AbortController().signal,
    }),
});
