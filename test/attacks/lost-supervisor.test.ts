// The supervisor of rung `userns-single` is killed while a step runs: the calls that it should answer fail, and nothing
// of the step may be believed.
import { usernsSingleRung } from '../../src/worker/front/userns-single-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { failureCode } from '../contracts/sandbox-suite-context.js';
import { ownProcess } from '../support/own-process.js';
import { testNeeding } from '../support/requirements.js';
import { openWorld, type World } from '../support/sandbox-world.js';

const openSingle = (): Promise<World> =>
  openWorld({
    name: 'userns-single',
    open: (paths) =>
      openWorkerSandbox({ rung: usernsSingleRung, paths, signal: new AbortController().signal }),
  });

/** Each ends with success when its calls fail, as a script does that does not look. */
const CARELESS = {
  'goes on': 'sleep 5 & echo up; wait; mkdir /tmp/d; touch /tmp/f; true',
  'ends at once': 'echo up; while [ -d /tmp ]; do :; done; exit 0',
};

testNeeding('sandbox', 'busybox')(
  'a step whose supervisor is lost fails, and so does the next one, whatever the script makes of it',
  async (t) => {
    for (const [what, script] of Object.entries(CARELESS)) {
      const w = await openSingle();
      let isKilled = false;
      const onOutput = (): void => {
        if (!isKilled) process.kill(ownProcess('supervisor'), 'SIGKILL');
        isKilled = true;
      };
      const started = Date.now();
      const lost = await failureCode(w.run(script, { uid: 1000, gid: 1000, onOutput }));
      t.is(lost.code, 'SANDBOX_FAILED', what);
      t.is(lost.message, 'the supervisor of the processes ended early (SIGKILL)', what);
      t.true(Date.now() - started < 4500, `${what}: is ended at once`);
      t.is((await failureCode(w.run('true'))).code, 'SANDBOX_FAILED', what);
      await w.close();
    }
  },
);
