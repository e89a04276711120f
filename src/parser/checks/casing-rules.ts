// StageNameCasing, FromAsCasing, ConsistentInstructionCasing.
import type { FromInstruction, Instruction } from '../instruction.js';
import type { CheckContext } from './check-context.js';

const isLower = (text: string): boolean => text === text.toLowerCase();
const isUpper = (text: string): boolean => text === text.toUpperCase();

function checkFrom(from: FromInstruction, { report }: CheckContext): void {
  const { keywordAsWritten: keyword, asKeyword, stageNameAsWritten: name, location } = from;
  if (name === undefined || asKeyword === undefined) return;
  if (!isLower(name)) report('StageNameCasing', location, `Stage name '${name}' should be lowercase`);
  const isConsistent = isLower(keyword) || isUpper(keyword);
  const matches = isLower(keyword) ? isLower(asKeyword) : isUpper(asKeyword);
  if (isConsistent && !matches) {
    report('FromAsCasing', location, `'${asKeyword}' and '${keyword}' keywords' casing do not match`);
  }
}

/** The majority decides, upper case when there is none; instructions in front of the first FROM have no vote. */
function checkKeywords(instructions: readonly Instruction[], { report }: CheckContext): void {
  const keywords = instructions.map(({ keywordAsWritten }) => keywordAsWritten);
  const lowerCount = keywords.filter(isLower).length;
  const upperCount = keywords.filter((keyword) => isUpper(keyword) && !isLower(keyword)).length;
  const [matches, wanted] = lowerCount > upperCount ? [isLower, 'lowercase'] : [isUpper, 'uppercase'];
  for (const { keywordAsWritten: keyword, location } of instructions) {
    if (matches(keyword)) continue;
    const message = `Command '${keyword}' should match the case of the command majority (${wanted})`;
    report('ConsistentInstructionCasing', location, message);
  }
}

export function checkCasing(context: CheckContext): void {
  const { stages } = context.dockerfile;
  for (const { from } of stages) checkFrom(from, context);
  checkKeywords(
    stages.flatMap(({ from, instructions }) => [from, ...instructions]),
    context,
  );
}
