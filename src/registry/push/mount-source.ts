// From which repository a blob may be mounted into another one of the same registry. Pure.
import type { Reference } from '../../oci/reference.js';

/** Components that two repository names have in common at their start. */
function commonComponents(a: string, b: string): number {
  const others = b.split('/');
  const names = a.split('/');
  const end = names.findIndex((name, at) => name !== others[at]);
  return end === -1 ? names.length : end;
}

/**
 * The path of the best source: of those that are sure the nearest one, then of the others. Nearness is the length of
 * the common path, as containerd has it (core/remotes/docker/pusher.go): a neighbour is the likelier to be readable.
 */
export function mountSource(
  target: Reference,
  {
    sure,
    likely,
    isRefused,
  }: {
    /** Paths at the same registry that have it. */
    readonly sure: readonly string[];
    readonly likely: readonly Reference[];
    /** The registry let nothing be mounted from there. */
    readonly isRefused: (path: string) => boolean;
  },
): string | undefined {
  const nearest = (paths: readonly string[]): string | undefined =>
    paths
      .filter((path) => path !== target.path && !isRefused(path))
      .toSorted((a, b) => commonComponents(b, target.path) - commonComponents(a, target.path))[0];
  const others = likely.filter(({ domain }) => domain === target.domain).map(({ path }) => path);
  return nearest(sure) ?? nearest(others);
}
