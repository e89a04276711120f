// The rung `userns-single` passes the suite of sandboxes, as whoever runs the tests.
import { usernsSingleRung } from '../../src/worker/front/userns-single-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { sandboxSuite } from './sandbox-suite.js';

sandboxSuite({
  name: 'userns-single',
  unheld: {
    'a terminal belongs to the user': 'there is one id, and a devpts has no place for a record of another',
  },
  open: (paths) => openWorkerSandbox({ rung: usernsSingleRung, paths, signal: new AbortController().signal }),
});
