// Defences of reading archives of images, in the form of mutations.mjs.
export const ARCHIVE_MUTATIONS = [
  {
    file: 'src/images/archive/entry-table.ts',
    from: "if (parts.includes('..')) throw invalid(name, 'a name with ..');",
    to: '',
    attack: ['image-archive', '*load: names of an archive lead nowhere'],
  },
  {
    file: 'src/images/archive/entry-table.ts',
    from: "if (known && (known.kind !== 'folder' || raw.type !== 'dir'))",
    to: 'if (false)',
    attack: ['image-archive', '*load: a file that is there twice*'],
  },
  {
    file: 'src/images/archive/directory-files.ts',
    from: "if (path.startsWith('/') || path.split('/').includes('..'))",
    to: 'if (false)',
    attack: ['image-archive', '*load: documents name no file of the host'],
  },
  {
    file: 'src/images/archive/take-image.ts',
    from: ', expect: descriptor }',
    to: ' }',
    attack: ['image-archive', '*load: bytes do not get the digest of what they hold'],
  },
  {
    file: 'src/rootfs/carried-cache.ts',
    from: "kind === 'whiteout' || kind === 'opaque'",
    to: 'false',
    attack: ['carried-mounts', '*a deletion deletes nothing and leaves no mark'],
  },
];
