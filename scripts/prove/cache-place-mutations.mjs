// Defences of the places of remote caches, in the form of mutations.mjs.
export const CACHE_PLACE_MUTATIONS = [
  {
    file: 'src/cache/remote/verified-body.ts',
    from: 'if (length !== size || digestOfHash(hash) !== digest)',
    to: 'if (false)',
    attack: ['cache-places', '*a layer that changed on its way out*'],
  },
  {
    file: 'src/cache/remote/local/layout-files.ts',
    from: 'if (!statSync(path, { throwIfNoEntry: false })?.isFile())',
    to: 'if (!statSync(path, { throwIfNoEntry: false }))',
    attack: ['cache-places', '*a blob of a layout that is a pipe*'],
  },
  {
    file: 'src/cache/remote/pack-documents.ts',
    from: 'if (records.size > MAX_PACKED_BYTES)',
    to: 'if (false)',
    attack: ['cache-places', '*records of more than 16 MiB*'],
  },
  {
    file: 'src/cache/remote/gha/open-gha-store.ts',
    from: 'const prefix = `tsbuild-${encodeURIComponent(scope)}#`;',
    to: 'const prefix = `tsbuild-${scope}#`;',
    attack: ['cache-places', '*a branch whose name goes on from that of another one*'],
  },
  {
    file: 'src/cache/remote/gha/gha-layers.ts',
    from: '{ headers: { range }, isGuarded: true, signal }',
    to: '{ headers: { range }, signal }',
    attack: ['cache-places', '*an address of storage that the cache service names*'],
  },
  {
    file: 'src/cache/remote/aws/credential-services.ts',
    from: 'if (url && isAllowed) return url.href;',
    to: 'if (url) return url.href;',
    attack: ['cache-places', '*the token of a container goes to no host*'],
  },
  {
    file: 'src/cache/remote/s3/s3-address.ts',
    from: "if (parts.some((part) => part === '.' || part === '..')",
    to: 'if (false',
    attack: ['cache-places', '*a scope does not climb out of the prefix*'],
  },
];
