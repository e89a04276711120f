// Defences of the files of containers and volumes, in the form of mutations.mjs.
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
];
