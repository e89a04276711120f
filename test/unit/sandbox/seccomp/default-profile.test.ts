import test from 'ava';
import { defaultProfile, ownProcessOnly } from '../../../../src/sandbox/seccomp/default-profile.js';
import { syscallNumbers } from '../../../../src/sandbox/seccomp/syscall-numbers.js';

for (const machine of ['x64', 'arm64'] as const)
  test(`${machine}: prlimit64 is for the calling process alone, nothing else changes`, (t) => {
    const before = defaultProfile(machine);
    for (const [i, rules] of ownProcessOnly(before).entries()) {
      const number = syscallNumbers(rules.arch).get('prlimit64')!;
      t.deepEqual(
        rules.allowed,
        before[i]!.allowed.filter((allowed) => allowed !== number),
      );
      t.deepEqual(rules.conditional.slice(before[i]!.conditional.length), [
        { number, anyOf: [{ kind: 'equals', argument: 0, value: 0 }] },
      ]);
    }
  });
