import test from 'ava';
import { TsbuildError } from '../../../../src/core/errors.js';
import { refuseUnsupported } from '../../../../src/containers/rules/refuse-unsupported.js';

const image = { image: 'app' };

for (const [request, code] of [
  [{ pidMode: 'container:db' }, 'SANDBOX_UNSUPPORTED'],
  [{ securityOpt: ['seccomp={"defaultAction":"SCMP_ACT_NOTIFY"}'] }, 'SANDBOX_UNSUPPORTED'],
  [{ pidMode: 'other' }, 'OPTION_INVALID'],
  [{ ipcMode: 'none' }, 'OPTION_INVALID'],
  [{ utsMode: 'container:db' }, 'OPTION_INVALID'],
] as const)
  test(`refused: ${JSON.stringify(request)}`, (t) => {
    const error = t.throws(() => refuseUnsupported({ ...image, ...request }), { instanceOf: TsbuildError });
    t.is(error.code, code);
    t.truthy(error.hint);
  });

test('what there is is not refused', (t) => {
  t.notThrows(() => refuseUnsupported(image));
  const modes = { pidMode: 'host', ipcMode: 'container:db', utsMode: 'host' };
  t.notThrows(() => refuseUnsupported({ ...image, ...modes, securityOpt: ['seccomp=unconfined'] }));
});
