// Defences of reading remote caches, in the form of mutations.mjs.
export const CACHE_MUTATIONS = [
  {
    file: 'src/cache/remote/pack-format.ts',
    from: '{ maxOutputLength: MAX_UNPACKED_BYTES }',
    to: '{}',
    attack: ['remote-cache', '*records that expand without end are not unpacked'],
  },
  {
    file: 'src/cache/remote/pack-format.ts',
    from: 'if (valuesIn(content) > MAX_VALUES) throw tooLarge();',
    to: 'valuesIn(content);',
    attack: ['remote-cache', '*records of millions of empty things are not read'],
  },
  {
    file: 'src/cache/remote/pack-rows.ts',
    from: '!isDigest(diffId) || ',
    to: '',
    attack: ['remote-cache', '*no digest is a path'],
  },
  {
    file: 'src/cache/remote/pack-rows.ts',
    from: '!LAYER_TYPES.has(mediaType) || ',
    to: '',
    attack: ['remote-cache', '*no layer comes from an address of its own'],
  },
  {
    file: 'src/cache/remote/pack-source.ts',
    from: 'if (size > maxUncompressedBytes || blob.size > maxUncompressedBytes) return false;',
    to: '',
    attack: ['remote-cache', '*a layer that says that it fills the disk is not asked for'],
  },
  {
    file: 'src/images/layer-files.ts',
    from: 'if (isDoubted(layer)) await paired(',
    to: 'if (paired.length > 9) await paired(',
    attack: ['remote-cache', '*a blob does not pass for another layer'],
  },
  {
    file: 'src/cache/digest-once.ts',
    from: 'if (foreign === undefined || (await keep()) === foreign) return;',
    to: 'if (foreign !== name) return;',
    attack: ['remote-cache', '*no step is kept under a key that was made of a forged digest'],
  },
  {
    file: 'src/cache-imports.ts',
    from: 'if (verifyKey && !isSignedBy(verifyKey, { digest: digestOf(bytes), signature }))',
    to: 'if (verifyKey && isSignedBy(verifyKey, { digest: digestOf(bytes), signature }))',
    attack: ['remote-cache', '*with a key no pack counts that it has not signed'],
  },
];
