import test from 'ava';
import { capabilitySet } from '../../../../src/containers/rules/capability-set.js';
import { securitySettings } from '../../../../src/containers/rules/security-options.js';
import { usernsMode } from '../../../../src/containers/rules/userns-mode.js';
import { CAPABILITY_NAMES, DEFAULT_CAPABILITIES } from '../../../../src/sandbox/capabilities.js';

const bit = (name: string) => 1n << BigInt(CAPABILITY_NAMES.indexOf(name));
const ALL = (1n << BigInt(CAPABILITY_NAMES.length)) - 1n;

/** moby oci/caps/utils.go TweakCapabilities. */
const SETS: readonly (readonly [
  name: string,
  add: readonly string[],
  drop: readonly string[],
  expected: bigint,
])[] = [
  ['nothing asked', [], [], DEFAULT_CAPABILITIES],
  [
    'one added, in any spelling',
    ['cap_net_admin', 'SYS_TIME'],
    [],
    DEFAULT_CAPABILITIES | bit('NET_ADMIN') | bit('SYS_TIME'),
  ],
  ['one dropped', [], ['chown'], DEFAULT_CAPABILITIES & ~bit('CHOWN')],
  ['all added', ['ALL'], [], ALL],
  ['all added but one', ['ALL'], ['CAP_SYS_ADMIN'], ALL & ~bit('SYS_ADMIN')],
  ['all dropped', [], ['all'], 0n],
  ['all dropped but one', ['NET_RAW'], ['ALL'], bit('NET_RAW')],
  ['dropped and added: it is there', ['CHOWN'], ['CHOWN'], DEFAULT_CAPABILITIES],
];

for (const [name, add, drop, expected] of SETS)
  test(`capabilities: ${name}`, (t) => {
    t.is(capabilitySet({ add, drop }), expected);
  });

test('capabilities: privileged has all, whatever is dropped', (t) => {
  t.is(capabilitySet({ drop: ['ALL'], isPrivileged: true }), ALL);
});

test('capabilities: an unknown one is refused by name', (t) => {
  const error = t.throws(() => capabilitySet({ add: ['NET_ADMN'] }));
  t.is(error?.message, 'invalid capability: "NET_ADMN" (did you mean NET_ADMIN?)');
});

test('security options: both spellings, the last one counts, foreign ones are ignored', (t) => {
  const none = { hasNoNewPrivileges: false, seccomp: 'default' as const, isNothingMasked: false };
  t.deepEqual(securitySettings([]), none);
  t.deepEqual(securitySettings(['apparmor=unconfined', 'label:disable', 'seccomp=builtin']), none);
  t.true(securitySettings(['no-new-privileges']).hasNoNewPrivileges);
  t.true(securitySettings(['no-new-privileges:true']).hasNoNewPrivileges);
  t.false(securitySettings(['no-new-privileges=true', 'no-new-privileges=false']).hasNoNewPrivileges);
  t.true(securitySettings(['systempaths=unconfined']).isNothingMasked);
  t.is(securitySettings(['seccomp=unconfined']).seccomp, 'unconfined');
});

for (const text of ['', 'what', 'systempaths=x', 'no-new-privileges=maybe', 'seccomp=', 'seccomp={'])
  test(`security options: ${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => securitySettings([text]), { name: 'TsbuildError' });
  });

test('ids: of builds, unless a directory of the host is mounted or it is asked otherwise', (t) => {
  const user = { uid: 1000, gid: 100, hasHostMounts: false };
  t.is(usernsMode(undefined, user), 'build');
  t.deepEqual(usernsMode(undefined, { ...user, hasHostMounts: true }), { keepUid: 0, keepGid: 0 });
  t.is(usernsMode('build', { ...user, hasHostMounts: true }), 'build');
  t.deepEqual(usernsMode('host', user), { keepUid: 0, keepGid: 0 });
  t.deepEqual(usernsMode('keep-id', user), { keepUid: 1000, keepGid: 100 });
  t.deepEqual(usernsMode('keep-id:uid=5', user), { keepUid: 5, keepGid: 100 });
  t.deepEqual(usernsMode('keep-id:uid=5,gid=6', user), { keepUid: 5, keepGid: 6 });
  for (const text of ['private', 'keep-id:', 'keep-id:uid', 'keep-id:user=1', 'keep-id:uid=x'])
    t.throws(() => usernsMode(text, user), { message: `invalid --userns: ${text}` });
});
