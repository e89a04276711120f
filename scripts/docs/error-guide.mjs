// Cause and mend of each code of src/core/errors.ts, for docs/errors.md.
import { BUILD_GUIDE } from './error-guide-builds.mjs';
import { CONTAINER_GUIDE } from './error-guide-containers.mjs';

export const FAMILIES = {
  step: 'A command of the Dockerfile failed',
  usage: 'The command line',
  dockerfile: 'The Dockerfile',
  context: 'The build context, COPY and ADD',
  host: 'This machine',
  registry: 'Registries and caches',
  store: 'The store, layers and outputs',
  container: 'Containers',
  bug: 'A bug of tsbuild',
  interrupted: 'Interrupted',
};

export const GUIDE = { ...BUILD_GUIDE, ...CONTAINER_GUIDE };
