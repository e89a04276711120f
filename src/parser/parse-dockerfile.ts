// The text of a Dockerfile into stages of typed instructions; also the text of one ONBUILD trigger.
// Invariant: pure; everything it throws is a TsbuildError with a place. Spec: BuildKit's instructions/parse.go (Parse).
import { TsbuildError, type SourceLocation } from '../core/errors.js';
import { buildInstruction } from './build-instruction.js';
import { detectCheck, parseDirectives, type Directive } from './directives.js';
import type { ArgInstruction, Dockerfile, FromInstruction, Instruction, Stage } from './instruction.js';
import { parseNodes, type ParserNode } from './parse-nodes.js';
import { runThrough } from '../core/run-through.js';
import { withLocation } from './syntax-error.js';

function directiveValue(directives: readonly Directive[], name: Directive['name']): string | undefined {
  return directives.find((directive) => directive.name === name)?.value;
}

function valuesOf(directives: readonly Directive[], text: string): Dockerfile['directives'] {
  const given = directives.filter(({ name }) => name !== 'check').map(({ name, value }) => [name, value]);
  const check = detectCheck(text);
  return { ...Object.fromEntries(given), ...(check === undefined ? {} : { check }) };
}

function readInstruction(node: ParserNode): Instruction {
  const prefix = `dockerfile parse error on line ${node.location.startLine}: `;
  return withLocation(node.location, prefix, () => buildInstruction(node));
}

interface GrowingStage {
  readonly from: FromInstruction;
  readonly instructions: Stage['instructions'][number][];
}

function* groupStages(
  nodes: readonly ParserNode[],
): Generator<void, { globalArgs: ArgInstruction[]; stages: Stage[] }> {
  const globalArgs: ArgInstruction[] = [];
  const stages: GrowingStage[] = [];
  for (const node of nodes) {
    yield;
    const instruction = readInstruction(node);
    const stage = stages.at(-1);
    if (instruction.kind === 'from') stages.push({ from: instruction, instructions: [] });
    else if (stage) stage.instructions.push(instruction);
    else if (instruction.kind === 'arg') globalArgs.push(instruction);
    else
      throw new TsbuildError('DOCKERFILE_SYNTAX', 'no build stage in current context', {
        location: node.location,
      });
  }
  return { globalArgs, stages: stages.map(toStage) };
}

function toStage({ from, instructions }: GrowingStage, index: number): Stage {
  return { index, ...(from.stageName === undefined ? {} : { name: from.stageName }), from, instructions };
}

/**
 * @param text the file, decoded from UTF-8
 * @param file its name as the user wrote it, for messages
 * @throws TsbuildError DOCKERFILE_EMPTY, DOCKERFILE_SYNTAX, DOCKERFILE_UNKNOWN_INSTRUCTION, DOCKERFILE_UNKNOWN_FLAG,
 * DOCKERFILE_EXPANSION (a heredoc word with an open quote), each with its place and in BuildKit's words
 */
export function parseDockerfile(text: string, file: string): Dockerfile {
  return runThrough(parseStepwise(text, file));
}

/** The same for who must stay interruptible: it yields behind each instruction. */
export function* parseStepwise(text: string, file: string): Generator<void, Dockerfile> {
  const wholeFile: SourceLocation = { file, startLine: 1, endLine: 1, text };
  if (text === '')
    throw new TsbuildError('DOCKERFILE_EMPTY', 'the Dockerfile cannot be empty', { location: wholeFile });
  const directives = parseDirectives(text, file);
  const escape = directiveValue(directives, 'escape') ?? '\\';
  const { nodes, warnings } = yield* parseNodes({ file, text, escape, directiveLines: directives.length });
  const { globalArgs, stages } = yield* groupStages(nodes);
  if (stages.length === 0) {
    throw new TsbuildError('DOCKERFILE_EMPTY', 'dockerfile contains no stages to build', {
      location: wholeFile,
    });
  }
  return { escape, directives: valuesOf(directives, text), globalArgs, stages, warnings, file, text };
}

/**
 * One ONBUILD trigger of a base image or stage, to run at the child's FROM.
 * @param expression the trigger's text as Config.OnBuild holds it
 * @param location of the child's FROM, where mistakes in the trigger are reported
 * @param escape the escape character in force; BuildKit parses triggers with `\` whatever the child's directive says
 * @throws TsbuildError as parseDockerfile
 */
export function parseTrigger(
  expression: string,
  location: SourceLocation,
  escape = '\\',
): Exclude<Instruction, FromInstruction> {
  return withLocation(location, '', () => {
    const { nodes } = readTrigger(expression, location, escape);
    if (nodes.length !== 1)
      throw new TsbuildError('DOCKERFILE_SYNTAX', 'onbuild trigger should be a single expression');
    const instruction = buildInstruction({ ...nodes[0]!, location });
    if (instruction.kind === 'from')
      throw new TsbuildError('DOCKERFILE_SYNTAX', "FROM isn't allowed as an ONBUILD trigger");
    return instruction;
  });
}

/**
 * Errors of the first level carry a line of the trigger's text, which means nothing to the reader: the child's line
 * replaces it.
 */
function readTrigger(expression: string, location: SourceLocation, escape: string) {
  try {
    return runThrough(parseNodes({ file: location.file, text: expression, escape, directiveLines: 0 }));
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    throw error.with({ location });
  }
}
