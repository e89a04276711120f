// What the texts of `--security-opt` mean (moby daemon/daemon_unix.go parseSecurityOpt). Pure.
import { parseGoBool } from '../../core/go-bool.js';
import { TsbuildError } from '../../core/errors.js';
import { rulesOfProfile } from '../../sandbox/seccomp/profile.js';

export interface SecuritySettings {
  readonly hasNoNewPrivileges: boolean;
  readonly seccomp: 'default' | 'unconfined' | { readonly profile: string };
  /** /proc and /sys without masked paths. */
  readonly isNothingMasked: boolean;
}

const DEFAULT: SecuritySettings = { hasNoNewPrivileges: false, seccomp: 'default', isNothingMasked: false };
/** They name what only the security modules of a host know. */
const UNUSED = ['apparmor', 'label', 'writable-cgroups'];

/**
 * @param texts a profile of seccomp as its JSON; the last of equal ones counts.
 * @throws TsbuildError OPTION_INVALID, SANDBOX_UNSUPPORTED
 */
export function securitySettings(texts: readonly string[]): SecuritySettings {
  return texts.reduce((settings, text) => ({ ...settings, ...settingOf(text) }), DEFAULT);
}

function settingOf(text: string): Partial<SecuritySettings> {
  const [, key = text, value] = /^([^=:]+)[=:](.*)$/s.exec(text) ?? [];
  if (UNUSED.includes(key)) return {};
  if (key === 'systempaths' && value === 'unconfined') return { isNothingMasked: true };
  if (key === 'seccomp' && value) return { seccomp: seccompOf(value) };
  const flag = key === 'no-new-privileges' ? parseGoBool(value ?? 'true') : undefined;
  if (flag !== undefined) return { hasNoNewPrivileges: flag };
  throw new TsbuildError('OPTION_INVALID', `invalid --security-opt: ${JSON.stringify(text)}`, {
    hint: 'the options are no-new-privileges, seccomp=unconfined|FILE, systempaths=unconfined, apparmor=, label=',
  });
}

function seccompOf(value: string): SecuritySettings['seccomp'] {
  if (value === 'unconfined') return value;
  if (value === 'builtin') return 'default';
  requireProfile(value);
  return { profile: value };
}

/** Who asks for a container hears at once what is wrong, whatever applies to it. */
function requireProfile(text: string): void {
  rulesOfProfile(text, { machine: 'x64', capabilities: 0n, kernel: '0.0' });
}
