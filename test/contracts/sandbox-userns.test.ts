// The rung `userns` passes the suite of sandboxes, as whoever runs the tests.
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { sandboxSuite } from './sandbox-suite.js';

sandboxSuite({
  name: 'userns',
  open: (paths) => openWorkerSandbox({ rung: usernsRung, paths, signal: new AbortController().signal }),
});
