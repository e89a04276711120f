// Without a pid namespace a call that names a process can name one outside of the step. Signals are bounded otherwise; limits are not, and
// that of processor time ends a process.
import type { ArchRules } from './default-profile.js';
import { syscallNumbers } from './syscall-numbers.js';

/** The rules, and prlimit64(2) for the calling process alone. */
export function ownProcessOnly(rules: readonly ArchRules[]): readonly ArchRules[] {
  return rules.map((rule) => {
    const number = syscallNumbers(rule.arch).get('prlimit64');
    if (number === undefined || !rule.allowed.includes(number)) return rule;
    return {
      ...rule,
      allowed: rule.allowed.filter((allowed) => allowed !== number),
      conditional: [...rule.conditional, { number, anyOf: [{ kind: 'equals', argument: 0, value: 0 }] }],
    };
  });
}
