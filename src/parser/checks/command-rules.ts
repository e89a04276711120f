// JSONArgsRecommended, MultipleInstructionsDisallowed, WorkdirRelativePath.
import type { SourceLocation } from '../../core/errors.js';
import { goQuote } from '../go-quote.js';
import type { CheckContext } from './check-context.js';
import { tryExpand } from './global-scope.js';
import type { Step } from './walk-stages.js';

const ONCE = new Set(['cmd', 'entrypoint', 'healthcheck']);

/** Remembers, per stage and kind, the instruction that a later one makes void: that is the one reported. */
export function createOnceRule(context: CheckContext): (step: Step) => void {
  const last = new Map<string, SourceLocation>();
  return ({ stage, instruction: { kind, keywordAsWritten, location } }) => {
    if (!ONCE.has(kind)) return;
    const key = `${stage.index}/${kind}`;
    const previous = last.get(key);
    const reason = 'instructions should not be used in the same stage because only the last one will be used';
    if (previous)
      context.report(
        'MultipleInstructionsDisallowed',
        previous,
        `Multiple ${keywordAsWritten} ${reason}`,
        location,
      );
    last.set(key, location);
  };
}

export function checkCommandForm({ instruction, hasShell }: Step, { report }: CheckContext): void {
  if (instruction.kind !== 'cmd' && instruction.kind !== 'entrypoint') return;
  if (instruction.command.form === 'exec' || hasShell) return;
  const name = instruction.keywordAsWritten;
  const message = `JSON arguments recommended for ${name} to prevent unintended behavior related to OS signals`;
  report('JSONArgsRecommended', instruction.location, message);
}

export function checkWorkdir(
  { instruction, environment, isComplete, hasWorkdir }: Step,
  context: CheckContext,
): void {
  if (instruction.kind !== 'workdir' || hasWorkdir) return;
  const expanded = tryExpand(instruction.path, environment, context.dockerfile.escape);
  if (!expanded || expanded.text.startsWith('/')) return;
  // A variable of a base image that is not known may well hold an absolute path.
  if (!isComplete && expanded.unmatched.size > 0) return;
  const message = `Relative workdir ${goQuote(expanded.text)} can have unexpected results if the base image changes`;
  context.report('WorkdirRelativePath', instruction.location, message);
}
