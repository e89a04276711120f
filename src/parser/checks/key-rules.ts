// LegacyKeyValueFormat, SecretsUsedInArgOrEnv.
import { goQuote } from '../go-quote.js';
import type { CheckContext } from './check-context.js';
import { tryExpand } from './global-scope.js';
import type { Step } from './walk-stages.js';

const SECRET = /(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i;
const HARMLESS = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** The keys that ARG or ENV defines. */
function definedKeys({ instruction, environment }: Step, escape: string): string[] {
  if (instruction.kind === 'arg') return instruction.args.map(({ key }) => key);
  if (instruction.kind !== 'env') return [];
  return instruction.pairs.map(({ key }) => tryExpand(key, environment, escape)?.text ?? key);
}

export function checkKeys(step: Step, { dockerfile, report }: CheckContext): void {
  const { instruction } = step;
  const { location, keyword, keywordAsWritten: name } = instruction;
  if ((instruction.kind === 'env' || instruction.kind === 'label') && instruction.isLegacy) {
    report(
      'LegacyKeyValueFormat',
      location,
      `"${name} key=value" should be used instead of legacy "${name} key value" format`,
    );
  }
  for (const key of definedKeys(step, dockerfile.escape)) {
    if (!SECRET.test(key) || HARMLESS.test(key)) continue;
    const message = `Do not use ARG or ENV instructions for sensitive data (${keyword} ${goQuote(key)})`;
    report('SecretsUsedInArgOrEnv', location, message);
  }
}
