import test from 'ava';
import { withCapabilities } from '../../../../src/sandbox/seccomp/capability-calls.js';
import { defaultProfile } from '../../../../src/sandbox/seccomp/default-profile.js';
import { DEFAULT_CAPABILITIES } from '../../../../src/sandbox/capabilities.js';

const SYS_ADMIN = 1n << 21n;
const SYS_TIME = 1n << 25n;

for (const [machine, mount, clone, clone3] of [
  ['x64', 165, 56, 435],
  ['arm64', 40, 220, 435],
] as const)
  test(`capabilities allow the calls that need them, on ${machine}`, (t) => {
    const rules = defaultProfile(machine);
    t.deepEqual(withCapabilities(rules, DEFAULT_CAPABILITIES), rules);
    const [native] = withCapabilities(rules, DEFAULT_CAPABILITIES | SYS_ADMIN);
    for (const number of [mount, clone, clone3]) t.true(native!.allowed.includes(number));
    t.false(native!.conditional.some(({ number }) => number === clone));
    t.false(native!.failing.some(({ number }) => number === clone3));
    t.deepEqual(
      native!.allowed,
      [...native!.allowed].sort((a, b) => a - b),
    );
    const [timed] = withCapabilities(rules, SYS_TIME);
    t.false(timed!.allowed.includes(mount));
    t.is(timed!.allowed.length, new Set(rules[0]!.allowed).size + 2);
  });
