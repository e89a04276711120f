// Runs the build checks over a parsed file. Pure: whatever the file does not say comes in as facts.
// Spec: BuildKit's linter/ruleset.go and dockerfile2llb/convert.go (DockerfileLint).
import { TsbuildError, type SourceLocation } from '../../core/errors.js';
import { runThrough } from '../../core/run-through.js';
import { suggest } from '../../core/suggest.js';
import { parseCheckDirective, type CheckDirective, type RuleSelection } from '../check-directive.js';
import type { Dockerfile } from '../instruction.js';
import { withLocation } from '../syntax-error.js';
import { checkCasing } from './casing-rules.js';
import type { CheckContext, CheckFacts, Report } from './check-context.js';
import { checkCommandForm, checkWorkdir, createOnceRule } from './command-rules.js';
import { checkFile } from './file-rules.js';
import { checkFroms } from './from-rules.js';
import { checkKeys } from './key-rules.js';
import { lineOptions } from './line-options.js';
import { checkPorts, checkSources } from './path-rules.js';
import { RULES, type Rule, type RuleName } from './rules.js';
import { checkStageNames } from './stage-name-rules.js';
import { checkVariables } from './variable-rules.js';
import { walkStages } from './walk-stages.js';

export interface Diagnostic {
  readonly rule: RuleName;
  readonly message: string;
  readonly url?: string;
  readonly location: SourceLocation;
}

/**
 * The options in force for a file: BUILDKIT_DOCKERFILE_CHECK when given, else `# check=`.
 * @throws TsbuildError DOCKERFILE_SYNTAX `failed to parse check options: …`
 */
export function checkOptionsOf(dockerfile: Dockerfile, checkOption?: string): CheckDirective {
  const top: SourceLocation = { file: dockerfile.file, startLine: 1, endLine: 1, text: dockerfile.text };
  return withLocation(top, '', () => parseCheckDirective(checkOption ?? dockerfile.directives.check ?? ''));
}

function isSelected(rule: Rule, selection: RuleSelection): boolean {
  return selection === 'all' || selection.includes(rule.name);
}

function isActive(rule: Rule, { skip, experimental }: CheckDirective): boolean {
  return rule.isExperimental ? isSelected(rule, experimental) : !isSelected(rule, skip);
}

/**
 * The findings, by line.
 * @param facts facts from outside the file; a rule that lacks its facts finds nothing
 * @throws TsbuildError DOCKERFILE_SYNTAX when the check options cannot be read
 */
export function runChecks(dockerfile: Dockerfile, facts: CheckFacts = {}): Diagnostic[] {
  return runThrough(checkStepwise(dockerfile, facts));
}

/** The same for who must stay interruptible: it yields behind each instruction. */
export function* checkStepwise(
  dockerfile: Dockerfile,
  facts: CheckFacts = {},
): Generator<void, Diagnostic[]> {
  const options = checkOptionsOf(dockerfile, facts.checkOption);
  const byLine = lineOptions(dockerfile, options);
  const found: Diagnostic[] = [];
  const report: Report = (name, location, message, by = location) => {
    const rule = RULES[name];
    const own = rule.isOfFile ? undefined : byLine.get(by.startLine);
    if (!isActive(rule, own ?? options)) return;
    found.push({ rule: name, message, ...(rule.url === undefined ? {} : { url: rule.url }), location });
  };
  yield* runRules({ dockerfile, facts, report, didYouMean: createDidYouMean() });
  return found.toSorted((a, b) => a.location.startLine - b.location.startLine);
}

/** Comparisons of names that one run may spend on suggestions: a file with very many of both must not stall it. */
const MAX_COMPARISONS = 100_000;

function createDidYouMean(): CheckContext['didYouMean'] {
  let spent = 0;
  return (word, known, prefix = '') => {
    spent += known.size;
    const near = spent > MAX_COMPARISONS ? undefined : suggest(word, known.keys(), { isCaseSensitive: true });
    return near === undefined ? '' : ` (did you mean ${prefix}${near}?)`;
  };
}

function* runRules(context: CheckContext): Generator<void, void> {
  checkFile(context);
  checkCasing(context);
  checkStageNames(context);
  checkFroms(context);
  const checkOnce = createOnceRule(context);
  const { lastLine = Infinity } = context.facts;
  for (const step of walkStages(context)) {
    yield;
    if (step.instruction.location.startLine > lastLine) continue;
    checkVariables(step, context);
    checkWorkdir(step, context);
    checkKeys(step, context);
    checkCommandForm(step, context);
    checkOnce(step);
    checkSources(step, context);
    checkPorts(step, context);
  }
}

/** The error that `error=true` makes of findings, or undefined without any. */
export function lintViolation(found: readonly Diagnostic[]): TsbuildError | undefined {
  if (found.length === 0) return undefined;
  const names = [...new Set(found.map(({ rule }) => rule))].toSorted();
  return new TsbuildError('DOCKERFILE_LINT', `lint violation found for rules: ${names.join(', ')}`, {
    hint: 'Fix what the checks name, or turn them off with `# check=skip=<rules>`.',
    location: found[0]!.location,
  });
}
