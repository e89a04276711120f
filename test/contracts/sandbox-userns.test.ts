// The rung `userns` passes the suite of sandboxes, as whoever runs the tests.
import { usernsRung } from '../../src/builder/sandbox/userns-rung.js';
import { openWorkerSandbox } from '../../src/builder/sandbox/worker-sandbox.js';
import { sandboxSuite } from './sandbox-suite.js';

sandboxSuite({
  name: 'userns',
  open: (paths) => openWorkerSandbox({ rung: usernsRung, paths, signal: new AbortController().signal }),
});
