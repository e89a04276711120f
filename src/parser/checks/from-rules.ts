// UndefinedArgInFrom, InvalidDefaultArgInFrom, RedundantTargetPlatform, FromPlatformFlagConstDisallowed,
// InvalidBaseImagePlatform.
import { goQuote } from '../go-quote.js';
import type { ExpandResult } from '../expand-word.js';
import type { FromInstruction, Stage } from '../instruction.js';
import type { CheckContext } from './check-context.js';
import { createGlobalScope, tryExpand, type GlobalScope } from './global-scope.js';
import { isImageReference } from './image-reference.js';

function checkNames(
  from: FromInstruction,
  { unmatched }: ExpandResult,
  { names }: GlobalScope,
  { report, didYouMean }: CheckContext,
): void {
  for (const name of unmatched) {
    if (names.has(name)) continue;
    report(
      'UndefinedArgInFrom',
      from.location,
      `FROM argument '${name}' is not declared${didYouMean(name, names)}`,
    );
  }
}

/** Operating system and architecture of a platform, as far as the rule needs them; undefined when it is none. */
function platformParts(text: string): string[] | undefined {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.()-]+$/.test(part))) return undefined;
  const [first, second] = parts as [string, string?];
  return second === undefined ? ['linux', architecture(first)] : [first, architecture(second)];
}

function architecture(name: string): string {
  return (
    { aarch64: 'arm64', x86_64: 'amd64', 'x86-64': 'amd64', armhf: 'arm', armel: 'arm', i386: '386' }[name] ??
    name
  );
}

function checkPlatformFlag(
  stage: Stage,
  platform: string,
  expanded: ExpandResult,
  scope: GlobalScope,
  context: CheckContext,
): void {
  const { location } = stage.from;
  const { matched, unmatched, text } = expanded;
  const target = scope.environment('TARGETPLATFORM');
  if (matched.size === 1 && unmatched.size === 0 && matched.has('TARGETPLATFORM') && text === target) {
    const message = `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`;
    context.report('RedundantTargetPlatform', location, message);
  }
  const parts = matched.size + unmatched.size === 0 ? platformParts(text) : undefined;
  if (parts && !parts.some((part) => stage.name?.includes(part))) {
    const message = `FROM --platform flag should not use constant value ${goQuote(text)}`;
    context.report('FromPlatformFlagConstDisallowed', location, message);
  }
}

function checkBasePlatform({ index, from }: Stage, image: string, { facts, report }: CheckContext): void {
  const platforms = facts.basePlatforms?.get(index);
  if (!platforms || platforms.expected === platforms.actual) return;
  const { expected, actual } = platforms;
  const pulled = `Base image ${image} was pulled with platform ${goQuote(actual)}`;
  report(
    'InvalidBaseImagePlatform',
    from.location,
    `${pulled}, expected ${goQuote(expected)} for current build`,
  );
}

export function checkFroms(context: CheckContext): void {
  const { dockerfile, facts, report } = context;
  const defaults = createGlobalScope(dockerfile, { automaticArgs: facts.automaticArgs });
  const scope = createGlobalScope(dockerfile, facts);
  for (const stage of dockerfile.stages) {
    const { from } = stage;
    const byDefault = tryExpand(from.image, defaults.environment, dockerfile.escape);
    if (byDefault && !isImageReference(byDefault.text)) {
      const message = `Default value for ARG ${from.image} results in empty or invalid base image name`;
      report('InvalidDefaultArgInFrom', from.location, message);
    }
    const image = tryExpand(from.image, scope.environment, dockerfile.escape);
    if (image) checkNames(from, image, scope, context);
    checkBasePlatform(stage, image?.text ?? from.image, context);
    const platform =
      from.platform === undefined
        ? undefined
        : tryExpand(from.platform, scope.environment, dockerfile.escape);
    if (!platform) continue;
    checkNames(from, platform, scope, context);
    checkPlatformFlag(stage, from.platform!, platform, scope, context);
  }
}
