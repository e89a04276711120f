// Copies as the file system of steps pass the suite of sandboxes in a user namespace.
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
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
