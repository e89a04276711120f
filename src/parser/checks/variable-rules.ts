// UndefinedVar: an expanded word uses a name that is neither set nor declared.
import { TsbuildError } from '../../core/errors.js';
import { expandHeredocBody, expandWord } from '../expand-word.js';
import type { AddInstruction, CopyInstruction } from '../instruction.js';
import { parseMount } from '../mount.js';
import type { CheckContext } from './check-context.js';
import type { Step } from './walk-stages.js';

/** Never in a stage's environment although they may be given. */
const NEVER_SET = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);

function copyWords(instruction: CopyInstruction | AddInstruction): (string | undefined)[] {
  const checksum = instruction.kind === 'add' ? instruction.checksum : undefined;
  return [instruction.chown, instruction.chmod, checksum, ...instruction.sources, instruction.dest];
}

/**
 * The words of an instruction that are expanded, apart from heredoc bodies, mounts and ARG.
 * Spec: the Dockerfile reference, "Environment replacement".
 */
function expandedWords({ instruction }: Step): (string | undefined)[] {
  switch (instruction.kind) {
    case 'env':
    case 'label':
      return instruction.pairs.flatMap(({ key, value }) => [key, value]);
    case 'copy':
    case 'add':
      return copyWords(instruction);
    case 'workdir':
      return [instruction.path];
    case 'user':
      return [instruction.user];
    case 'stopsignal':
      return [instruction.signal];
    case 'volume':
      return [...instruction.paths];
    default:
      return [];
  }
}

export function checkVariables(step: Step, context: CheckContext): void {
  if (!step.isComplete) return;
  const { instruction, environment } = step;
  const { escape } = context.dockerfile;
  const expand = (word: string): string => {
    const { text, unmatched } = expandWord(word, environment, { escape });
    reportUnset(unmatched, step, context);
    return text;
  };
  ignoringFaults(() => {
    for (const word of expandedWords(step)) if (word !== undefined) expand(word);
    if (instruction.kind === 'arg') checkDefaults(step, context);
    if (instruction.kind === 'run') for (const mount of instruction.mounts) parseMount(mount, expand);
    if (instruction.kind !== 'copy' && instruction.kind !== 'add') return;
    for (const { content, expand: isExpanded } of instruction.heredocs) {
      if (isExpanded) reportUnset(expandHeredocBody(content, environment).unmatched, step, context);
    }
  });
}

/** A faulty word or mount fails the build with its own message; a check has nothing to add. */
function ignoringFaults(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
  }
}

/** Defaults are read from left to right: each may use the names before it. */
function checkDefaults(step: Step, context: CheckContext): void {
  if (step.instruction.kind !== 'arg') return;
  const before = new Set<string>();
  for (const { key, value } of step.instruction.args) {
    if (value !== undefined && step.buildArg(key) === undefined) {
      const { unmatched } = expandWord(value, step.environment, { escape: context.dockerfile.escape });
      reportUnset(new Set([...unmatched].filter((name) => !before.has(name))), step, context);
    }
    before.add(key);
  }
}

function reportUnset(unmatched: ReadonlySet<string>, step: Step, { report, didYouMean }: CheckContext): void {
  for (const name of unmatched) {
    if (step.declared.has(name) || NEVER_SET.has(name)) continue;
    const hint = didYouMean(name, step.variables, '$');
    report('UndefinedVar', step.instruction.location, `Usage of undefined variable '$${name}'${hint}`);
  }
}
