// The name under which docker and podman keep the credentials of a registry.

/** Docker Hub's key since docker 0.x; every tool still writes it. */
export const HUB_SERVER = 'https://index.docker.io/v1/';

/** The key of a registry (`docker.io`, `host:port`) in `auths`, `credHelpers` and the helpers' own stores. */
export function serverKey(registry: string): string {
  return registry === 'docker.io' ? HUB_SERVER : registry;
}
