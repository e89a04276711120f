// Why newuidmap or newgidmap gave a namespace no ids, and how to mend it (newuidmap(1), user_namespaces(7)). Pure.
import { TsbuildError } from '../../core/errors.js';

export interface MapToolFailure {
  /** `newuidmap` or `newgidmap`. */
  readonly tool: string;
  readonly isMissing: boolean;
  /** What it said. */
  readonly reason: string;
  /** Text of /proc/self/status. */
  readonly status: string;
}

const CAP_SYS_ADMIN = 21n;

/** A set-user-ID program must have this right over its whole machine; one with the two capabilities need not. */
const GIVE_CAPABILITIES =
  'this container withholds CAP_SYS_ADMIN, without which a set-user-ID newuidmap is refused. Capabilities do in its place, when the image is built: apt-get install libcap2-bin, chmod u-s /usr/bin/newuidmap /usr/bin/newgidmap, setcap cap_setuid+ep /usr/bin/newuidmap, setcap cap_setgid+ep /usr/bin/newgidmap';

const ALLOW_PRIVILEGES =
  'this process may gain no privileges: leave out --security-opt no-new-privileges; of a pod: allowPrivilegeEscalation: true';

export function mapToolFailure({ tool, isMissing, reason, status }: MapToolFailure): TsbuildError {
  if (isMissing)
    return new TsbuildError('SANDBOX_NO_SUBUID', `${tool} is not installed, which the sandbox needs`, {
      hint: 'sudo apt-get install uidmap',
    });
  return new TsbuildError('SANDBOX_NO_SUBUID', `${tool} refused the subordinate ids: ${reason.trim()}`, {
    hint: hintOf(status),
  });
}

function hintOf(status: string): string {
  if (/^NoNewPrivs:\s*1$/m.test(status)) return ALLOW_PRIVILEGES;
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const isWithheld = bounding !== undefined && (BigInt(`0x${bounding}`) & (1n << CAP_SYS_ADMIN)) === 0n;
  return isWithheld ? GIVE_CAPABILITIES : 'sudo apt-get install --reinstall uidmap';
}
