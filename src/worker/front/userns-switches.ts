// The switches of a host that forbid user namespaces to ordinary users, and the commands that turn them.
import { existsSync, readFileSync } from 'node:fs';

/** Where an unshare(1) of tsbuild's own may lie: AppArmor can allow namespaces to it and to nothing else. */
export const OWN_UNSHARE = 'tsbuild-unshare';

const SYSCTLS = {
  'kernel.apparmor_restrict_unprivileged_userns': { forbids: '1', allows: '0' },
  'kernel.unprivileged_userns_clone': { forbids: '0', allows: '1' },
  'user.max_user_namespaces': { forbids: '0', allows: '28633' },
} as const;

/** Allows namespaces to one program instead of to all (Ubuntu 23.10 and newer; apparmor.d(5), AppArmor 4). */
const APPARMOR_PROFILE = `sudo install -m 755 "$(command -v unshare)" /usr/local/bin/${OWN_UNSHARE}
sudo tee /etc/apparmor.d/${OWN_UNSHARE} <<'END'
abi <abi/4.0>,
include <tunables/global>
profile ${OWN_UNSHARE} /usr/local/bin/${OWN_UNSHARE} flags=(unconfined) {
  userns,
}
END
sudo apparmor_parser -r /etc/apparmor.d/${OWN_UNSHARE}`;

const CONTAINER_FLAGS =
  '--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined';

const POD_SETTINGS =
  'in the securityContext of the container: seccompProfile: {type: Unconfined}, appArmorProfile: {type: Unconfined}, procMount: Unmasked; and hostUsers: false in the pod';

/** What of the host the commands depend on. */
export interface UsernsHost {
  /** Value of a sysctl; undefined on a kernel without it. */
  sysctl(name: string): string | undefined;
  readonly place: 'machine' | 'container' | 'pod';
}

/**
 * Commands that allow user namespaces, each sufficient; the simplest first, the one that allows least to others last.
 * Pure.
 */
export function unlockCommands({ sysctl, place }: UsernsHost): string[] {
  // A container's own filter stands in front of the host's switches.
  if (place === 'pod') return [POD_SETTINGS];
  const forbidding = Object.entries(SYSCTLS).find(([name, { forbids }]) => sysctl(name) === forbids);
  if (place === 'container' || !forbidding)
    return [`in a container, allow unshare and mount: docker run ${CONTAINER_FLAGS}`];
  const [name, { allows }] = forbidding;
  const isAppArmor = name.startsWith('kernel.apparmor');
  return [`sudo sysctl -w ${name}=${allows}`, ...(isAppArmor ? [APPARMOR_PROFILE] : [])];
}

export function thisUsernsHost(): UsernsHost {
  return {
    sysctl: (name) => readIfExists(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim(),
    place: placeOfThisProcess(),
  };
}

/** Kubernetes mounts a service account, docker and podman leave a file. */
function placeOfThisProcess(): UsernsHost['place'] {
  if (existsSync('/var/run/secrets/kubernetes.io')) return 'pod';
  return ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path)) ? 'container' : 'machine';
}

function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A kernel without that switch, or a /proc that hides it.
    return undefined;
  }
}
