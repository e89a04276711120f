// Where the control group of this process lies (cgroups(7), proc(5)). Pure.

export interface OwnGroup {
  /** Absolute path of its directory. */
  readonly directory: string;
  /** It is all that this process can see: the group of a container, or the only one of the host. */
  readonly isTop: boolean;
}

export interface ProcTexts {
  /** /proc/self/mountinfo */
  readonly mountInfo: string;
  /** /proc/self/cgroup */
  readonly cgroup: string;
}

/** Undefined without a hierarchy of version 2, or when the group lies outside of what is mounted of it. */
export function ownGroup({ mountInfo, cgroup }: ProcTexts): OwnGroup | undefined {
  const path = /^0::(\/.*)$/m.exec(cgroup)?.[1];
  const mount = mountInfo
    .split('\n')
    .filter((line) => line.includes(' - cgroup2 '))
    .map((line) => line.split(' ').slice(3, 5).map(unescape))[0];
  if (path === undefined || mount === undefined) return undefined;
  const [root = '/', target = '/'] = mount;
  const inside = pathBelow(root, path);
  if (inside === undefined) return undefined;
  return { directory: `${target}${inside}`.replace(/\/+$/, '') || '/', isTop: inside === '' };
}

/** Spaces and the like stand as octal numbers. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** With a leading slash, or empty for the root itself. */
function pathBelow(root: string, path: string): string | undefined {
  const prefix = root === '/' ? '' : root;
  if (path === root || path === '/') return path === root || prefix === '' ? '' : undefined;
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
}
