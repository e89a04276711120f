// `commit --change`: instructions of a Dockerfile that change the config of an image and nothing else.
import { TsbuildError } from './core/errors.js';
import type { Platform } from './oci/platform.js';
import type { ContainerConfig, ImageConfig } from './oci/types.js';
import type { InstructionKind } from './parser/instruction.js';
import { parseDockerfile } from './parser/parse-dockerfile.js';
import { imageState, planStage } from './plan/plan-stage.js';
import type { PlanScope } from './plan/scope.js';

/** moby builder/dockerfile validCommitCommands. */
const ALLOWED: readonly InstructionKind[] = [
  'cmd',
  'entrypoint',
  'env',
  'expose',
  'healthcheck',
  'label',
  'onbuild',
  'stopsignal',
  'user',
  'volume',
  'workdir',
];

/** Pure. @throws TsbuildError DOCKERFILE_* with the place in the changes, OPTION_INVALID for other instructions */
export function withChanges(
  config: ContainerConfig,
  changes: readonly string[],
  platform: Platform,
): ContainerConfig {
  if (changes.length === 0) return config;
  const text = ['FROM scratch', ...changes].join('\n');
  const instructions = parseDockerfile(text, '--change').stages.flatMap((stage) => stage.instructions);
  const refused = instructions.find(({ kind }) => !ALLOWED.includes(kind));
  if (refused || parseDockerfile(text, '--change').stages.length > 1)
    throw new TsbuildError(
      'OPTION_INVALID',
      `${refused?.kind.toUpperCase() ?? 'FROM'} is not a valid change command`,
      {
        hint: `one of ${ALLOWED.map((kind) => kind.toUpperCase()).join(', ')}`,
      },
    );
  const { OnBuild = null } = config;
  const base = imageState({ config } as ImageConfig, platform);
  const stage = {
    index: 0,
    name: undefined,
    naming: { stageName: '', total: 0 },
    triggers: [],
    instructions,
    isBaseUnknown: false,
    isBaseShown: false,
  };
  const outcome = planStage(base, stage, SCOPE).config;
  const triggers = [...(OnBuild ?? []), ...(outcome.OnBuild ?? [])];
  return { ...outcome, ...(triggers.length > 0 && { OnBuild: triggers }) };
}

const SCOPE: PlanScope = {
  escape: '\\',
  buildArgs: {},
  globalArgs: new Map(),
  hostname: '',
  network: 'default',
  allow: new Set(),
  isCacheIgnored: () => false,
  resolveSource: () => ({ kind: 'main' }),
  refuseCopy: () => undefined,
};
