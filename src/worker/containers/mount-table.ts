// What is mounted in a running container, by its mountinfo (proc_pid_mountinfo(5)).
export interface MountPoint {
  /** Absolute, as the container sees it. */
  readonly path: string;
  readonly fileSystem: string;
}

/** Pure. */
export function parseMountTable(text: string): readonly MountPoint[] {
  return text.split('\n').flatMap((line) => {
    const [front = '', back = ''] = line.split(' - ');
    const path = front.split(' ')[4];
    const fileSystem = back.split(' ')[0];
    return path === undefined || fileSystem === undefined || fileSystem === ''
      ? []
      : [{ path: unescaped(path), fileSystem }];
  });
}

/** Blanks and backslashes are written as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

const OF_KERNEL: ReadonlySet<string> = new Set([
  'proc',
  'sysfs',
  'cgroup',
  'cgroup2',
  'devpts',
  'mqueue',
  'devtmpfs',
]);

/** Whether what is in it are no files of anybody, but faces of the kernel. */
export function isOfKernel({ fileSystem }: MountPoint): boolean {
  return OF_KERNEL.has(fileSystem);
}
