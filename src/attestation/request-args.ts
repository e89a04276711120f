// The options of a build by the names that BuildKit's Dockerfile frontend has for them (buildx's build/opt.go), as far
// as they say anything of the image. Pure.
import { redactSource } from '../core/redact.js';
import type { BuildRequest } from '../plan/request.js';

/** Sorted by name. Values of build arguments and labels are among them; secrets and agents never are. */
export function requestArgs(request: BuildRequest): Readonly<Record<string, string>> {
  const { buildArgs = {}, labels = {}, buildContexts = {}, target, network, shmSizeBytes } = request;
  const { addHosts = [], ulimits = [], noCache, noCacheFilter = [] } = request;
  const named = (prefix: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => [`${prefix}:${name}`, value] as const);
  const contexts = named('context', buildContexts).map(([name, value]) => [name, contextText(name, value)]);
  const rows = [
    ...named('build-arg', buildArgs),
    ...named('label', labels),
    ...contexts,
    ...(target ? [['target', target]] : []),
    ...(noCache
      ? [['no-cache', '']]
      : noCacheFilter.length > 0
        ? [['no-cache', noCacheFilter.join(',')]]
        : []),
    ...(network === 'none' || network === 'host' ? [['force-network-mode', network]] : []),
    ...(addHosts.length > 0
      ? [['add-hosts', addHosts.map(({ host, ip }) => `${host}=${ip}`).join(',')]]
      : []),
    ...(shmSizeBytes === undefined ? [] : [['shm-size', String(shmSizeBytes)]]),
    ...(ulimits.length > 0
      ? [['ulimit', ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`).join(',')]]
      : []),
  ];
  return Object.fromEntries(rows.toSorted(([a], [b]) => (a! < b! ? -1 : 1)));
}

/** A path of this machine is nobody's business: BuildKit gets the name alone. */
function contextText(name: string, value: string): string {
  if (/^(?:docker-image|oci-layout|https?|git|ssh):\/\//i.test(value) || /^[\w.-]+@[\w.-]+:/.test(value))
    return value.startsWith('oci-layout://') ? 'oci-layout:' : redactSource(value);
  return `local:${name.slice('context:'.length)}`;
}
