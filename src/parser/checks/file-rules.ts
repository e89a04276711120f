// NoEmptyContinuation, MaintainerDeprecated, InvalidDefinitionDescription: what can be seen in the text of an
// instruction alone.
import type { ArgInstruction, FromInstruction } from '../instruction.js';
import type { CheckContext } from './check-context.js';

/** The last comment line above must start with the name it describes. */
function checkDescription(
  instruction: FromInstruction | ArgInstruction,
  keys: readonly string[],
  { report }: CheckContext,
): void {
  const comment = instruction.comments.at(-1);
  if (comment === undefined || keys.length === 0 || keys.includes(comment.split(' ', 1)[0]!)) return;
  const example = keys.length > 1 ? '<arg_key>' : keys[0]!;
  const message = `Comment for ${instruction.keyword} should follow the format: \`# ${example} <description>\``;
  report('InvalidDefinitionDescription', instruction.location, message);
}

function argKeys({ args }: ArgInstruction): string[] {
  return args.map(({ key }) => key);
}

export function checkFile(context: CheckContext): void {
  const { dockerfile, report } = context;
  for (const { rule, location } of dockerfile.warnings) {
    if (rule === 'NoEmptyContinuation') report(rule, location, 'Empty continuation line');
  }
  for (const arg of dockerfile.globalArgs) checkDescription(arg, argKeys(arg), context);
  for (const { from, instructions } of dockerfile.stages) {
    checkDescription(from, from.stageName === undefined ? [] : [from.stageName], context);
    for (const instruction of instructions) {
      if (instruction.kind === 'arg') checkDescription(instruction, argKeys(instruction), context);
      if (instruction.kind !== 'maintainer') continue;
      report(
        'MaintainerDeprecated',
        instruction.location,
        'Maintainer instruction is deprecated in favor of using label',
      );
    }
  }
}
