import test from 'ava';
import { unlockCommands, type UsernsHost } from '../../../../src/worker/front/userns-switches.js';

const on = (place: UsernsHost['place'], sysctls: Readonly<Record<string, string>> = {}): string[] =>
  unlockCommands({ place, sysctl: (name) => sysctls[name] });

test('the switch that forbids namespaces is the one to turn', (t) => {
  t.deepEqual(on('machine', { 'kernel.unprivileged_userns_clone': '0' }), [
    'sudo sysctl -w kernel.unprivileged_userns_clone=1',
  ]);
  t.deepEqual(on('machine', { 'user.max_user_namespaces': '0' }), [
    'sudo sysctl -w user.max_user_namespaces=28633',
  ]);
});

test("AppArmor's restriction can be lifted for one program", (t) => {
  const [sysctl, profile] = on('machine', { 'kernel.apparmor_restrict_unprivileged_userns': '1' });
  t.is(sysctl, 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0');
  t.regex(profile ?? '', /profile tsbuild-unshare \/usr\/local\/bin\/tsbuild-unshare .*\n {2}userns,/);
});

test('switches that allow are left alone, and a container is to be started otherwise', (t) => {
  const allowing = { 'kernel.unprivileged_userns_clone': '1', 'user.max_user_namespaces': '1000' };
  t.regex(on('machine', allowing).join(), /docker run --security-opt seccomp=unconfined/);
  t.regex(on('container', { 'user.max_user_namespaces': '0' }).join(), /docker run/);
  t.regex(on('pod').join(), /securityContext/);
});
