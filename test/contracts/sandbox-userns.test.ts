// The rung `userns` passes the suite of sandboxes, as whoever runs the tests.
import { openUsernsSandbox } from '../../src/builder/sandbox/userns-sandbox.js';
import { sandboxSuite } from './sandbox-suite.js';

sandboxSuite({
  name: 'userns',
  open: (paths) => openUsernsSandbox({ paths, signal: new AbortController().signal }),
});
