// The rung `userns-single` passes the suite of sandboxes, as whoever runs the tests.
import { usernsSingleRung } from '../../src/worker/front/userns-single-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { sandboxSuite } from './sandbox-suite.js';

sandboxSuite({
  name: 'userns-single',
  open: (paths) => openWorkerSandbox({ rung: usernsSingleRung, paths, signal: new AbortController().signal }),
});
