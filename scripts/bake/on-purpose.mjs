// Cases in which `tsbuild bake` differs from buildx 0.13 on purpose, each with its reason.
export const ON_PURPOSE = {
  'an attribute that is unknown':
    'A misspelt attribute is told, with the nearest one: left out in silence, it would cost its author an hour.',
  'a block that is unknown': 'The same.',
  'compose, what 0.13 leaves out': 'Newer versions read these attributes.',
  'set flags': 'Newer versions of buildx keep no-cache-filter beside no-cache, and know the key push.',
  '--push': 'Newer versions leave an output of type registry as it is.',
  '--provenance and --sbom': 'disabled=false says nothing.',
};
