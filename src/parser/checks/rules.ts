// The build checks as data: name, description and page. Names and texts are those of BuildKit's linter/ruleset.go.

export interface Rule {
  readonly name: string;
  readonly description: string;
  /** Absent for the one rule that has no page. */
  readonly url?: string;
  /** Runs only when `experimental=` names it; `skip=` does not touch it. */
  readonly isExperimental: boolean;
  /** Looks at the file as a whole: a comment above one instruction does not touch it. */
  readonly isOfFile: boolean;
}

const DESCRIPTIONS = {
  StageNameCasing: 'Stage names should be lowercase',
  FromAsCasing: "The 'as' keyword should match the case of the 'from' keyword",
  NoEmptyContinuation: 'Empty continuation lines will become errors in a future release',
  ConsistentInstructionCasing:
    'All commands within the Dockerfile should use the same casing (either upper or lower)',
  DuplicateStageName: 'Stage names should be unique',
  ReservedStageName: 'Reserved words should not be used as stage names',
  JSONArgsRecommended:
    'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
  MaintainerDeprecated:
    'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
  UndefinedArgInFrom: 'FROM command must use declared ARGs',
  UndefinedVar: 'Variables should be defined before their use',
  WorkdirRelativePath:
    'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
  MultipleInstructionsDisallowed:
    'Multiple instructions of the same type should not be used in the same stage',
  LegacyKeyValueFormat: 'Legacy key/value format with whitespace separator should not be used',
  InvalidBaseImagePlatform: 'Base image platform does not match expected target platform',
  RedundantTargetPlatform:
    'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
  FromPlatformFlagConstDisallowed: 'FROM --platform flag should not use a constant value',
  SecretsUsedInArgOrEnv: 'Sensitive data should not be used in the ARG or ENV commands',
  InvalidDefaultArgInFrom: 'Default value for global ARG results in an empty or invalid base image name',
  CopyIgnoredFile: 'Attempting to Copy file that is excluded by .dockerignore',
  ExposeProtoCasing: 'Protocol in EXPOSE instruction should be lowercase',
  ExposeInvalidFormat:
    'IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release',
  InvalidDefinitionDescription:
    'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
} as const satisfies Record<string, string>;

export type RuleName = keyof typeof DESCRIPTIONS;

const WITHOUT_PAGE: RuleName = 'InvalidBaseImagePlatform';
const EXPERIMENTAL: RuleName = 'InvalidDefinitionDescription';

const OF_FILE: ReadonlySet<RuleName> = new Set<RuleName>([
  'NoEmptyContinuation',
  'ConsistentInstructionCasing',
  'DuplicateStageName',
  'ReservedStageName',
  'InvalidDefaultArgInFrom',
  'InvalidBaseImagePlatform',
]);

/** `JSONArgsRecommended` to `json-args-recommended`. */
function toKebabCase(name: string): string {
  return name
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase();
}

function toRule(name: RuleName): Rule {
  const page = { url: `https://docs.docker.com/go/dockerfile/rule/${toKebabCase(name)}/` };
  return {
    name,
    description: DESCRIPTIONS[name],
    ...(name === WITHOUT_PAGE ? {} : page),
    isExperimental: name === EXPERIMENTAL,
    isOfFile: OF_FILE.has(name),
  };
}

export const RULES: Readonly<Record<RuleName, Rule>> = Object.fromEntries(
  Object.keys(DESCRIPTIONS).map((name) => [name, toRule(name as RuleName)]),
) as Record<RuleName, Rule>;
