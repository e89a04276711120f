// All that is fuzzed, by name. A target is { name, mutate(corpus, random), reader(), moreSeeds?() }; `reader` gives
// async (Buffer) => plain data, which throws TsbuildError for what it refuses and any other error when a property does not hold.
import { compressionTargets } from './targets/compression.mjs';
import { containerTargets } from './targets/containers.mjs';
import { dockerfileTarget } from './targets/dockerfile.mjs';
import { documentTargets } from './targets/documents.mjs';
import { optionTargets } from './targets/options.mjs';
import { agentTarget } from './targets/ssh-agent.mjs';
import { storeTargets } from './targets/store.mjs';
import { tarTarget } from './targets/tar.mjs';

export const TARGETS = [
  tarTarget,
  ...compressionTargets,
  ...documentTargets,
  dockerfileTarget,
  ...optionTargets,
  ...storeTargets,
  ...containerTargets,
  agentTarget,
];
