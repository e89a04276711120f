// Defences of containers, their files and volumes, in the form of mutations.mjs.
const needs = ['sandbox'];
const RIGHTS = ['container-run', '*rights, masks and read-only files of the kernel*'];
const IN_PROC = ['container-run', '*nothing is mounted over files of the kernel in /proc*'];

export const CONTAINER_MUTATIONS = [
  {
    file: 'src/rootfs/written-attributes.ts',
    from: 'node.mode & 0o1777',
    to: 'node.mode',
    attack: ['container-files', '*cp: what comes out of a container has no bits of set-id'],
  },
  {
    file: 'src/worker/containers/fill-volume.ts',
    from: 'openInside(calls, opened[0]!, seed)',
    to: 'openSync(join(rootfs, seed), O_PATH)',
    attack: ['container-files', '*volumes: an image whose directory is a link*'],
  },
  {
    file: 'src/worker/containers/fill-volume.ts',
    from: 'if (!fstatSync(from).isDirectory())',
    to: 'if (false)',
    attack: ['container-files', '*volumes: what is no directory in the image fills none'],
  },
  {
    file: 'src/host/syscalls/look-up-calls.ts',
    from: '0n, RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH]',
    to: '0n, 0n]',
    attack: ['container-run', '*run: what is mounted on links of the image*'],
    needs,
  },
  {
    file: 'src/containers/exec-container.ts',
    from: 'its.keepOnlyStandardDescriptors();',
    to: '',
    attack: ['container-run', '*no descriptor is left open'],
    needs,
  },
  {
    file: 'src/sandbox/mount-executor.ts',
    from: 'refuseInsideProc(context, mount.target, target);',
    to: '',
    attack: IN_PROC,
    needs,
  },
  {
    file: 'src/sandbox/mount-executor.ts',
    from: 'refuseInsideProc(context, path, target);',
    to: '',
    attack: IN_PROC,
    needs,
  },
  {
    file: 'src/sandbox/launch.ts',
    from: 'if (!order.isInsecure) dropBoundingSet(calls, kept);',
    to: '',
    attack: RIGHTS,
    needs,
  },
  {
    file: 'src/sandbox/launch.ts',
    from: 'if (order.filter) calls.installSeccompFilter(order.filter);',
    to: '',
    attack: RIGHTS,
    needs,
  },
  {
    file: 'src/worker/containers/container-mounts.ts',
    from: '...(isPrivileged || isNothingMasked ? [] : hiddenPaths()),',
    to: '',
    attack: RIGHTS,
    needs,
  },
  {
    file: 'src/sandbox/standard-descriptors.ts',
    from: "if (type !== 'character' || rdev !== NULL_DEVICE)",
    to: 'if (false)',
    attack: ['container-run', '*in the place of /dev/null*'],
    needs,
  },
  {
    file: 'src/rootfs/remove-tree.ts',
    from: 'if (level >= MAX_OPEN_LEVELS) return bury(parent, name);',
    to: '',
    attack: ['container-run', '*rm: a tree of 6000 levels*'],
    needs,
  },
  {
    file: 'src/containers/create-container.ts',
    from: 'requireNetworkWords(asked);',
    to: '',
    attack: ['container-run', '*begins another line of the network files'],
    needs,
  },
  {
    file: 'src/host/syscalls/spawn-calls.ts',
    from: 'fcntl(fd, F_ADD_SEALS, ALL_SEALS);',
    to: '',
    attack: ['container-run', '*cannot be changed by who finds it in /proc'],
  },
];
