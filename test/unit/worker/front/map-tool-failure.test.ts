// Why newuidmap gave no ids.
import test from 'ava';
import { mapToolFailure } from '../../../../src/worker/front/map-tool-failure.js';

const REASON = 'newuidmap: write to uid_map failed: Operation not permitted\n';
const hintFor = (status: string, isMissing = false) =>
  mapToolFailure({ tool: 'newuidmap', isMissing, reason: REASON, status }).hint ?? '';

test('each cause has its own remedy', (t) => {
  t.is(hintFor('', true), 'sudo apt-get install uidmap');
  t.regex(hintFor('NoNewPrivs:\t1\nCapBnd:\t00000000a80425fb\n'), /allowPrivilegeEscalation/);
  // Of a container with docker's default rights.
  t.regex(hintFor('NoNewPrivs:\t0\nCapBnd:\t00000000a80425fb\n'), /setcap cap_setuid\+ep/);
  t.regex(hintFor('NoNewPrivs:\t0\nCapBnd:\t000001ffffffffff\n'), /reinstall uidmap/);
});

test('what the tool said is told', (t) => {
  const { message, code } = mapToolFailure({
    tool: 'newuidmap',
    isMissing: false,
    reason: REASON,
    status: '',
  });
  t.is(code, 'SANDBOX_NO_SUBUID');
  t.is(message, `newuidmap refused the subordinate ids: ${REASON.trim()}`);
});
