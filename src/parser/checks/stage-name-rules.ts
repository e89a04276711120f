// DuplicateStageName, ReservedStageName.
import { goQuote } from '../go-quote.js';
import type { CheckContext } from './check-context.js';

const RESERVED = new Set(['context', 'scratch']);

export function checkStageNames({ dockerfile, report }: CheckContext): void {
  const seen = new Set<string>();
  for (const { name, from } of dockerfile.stages) {
    if (name === undefined) continue;
    if (RESERVED.has(name)) {
      const message = `Stage name should not use the same name as reserved stage ${goQuote(name)}`;
      report('ReservedStageName', from.location, message);
    }
    if (seen.has(name)) {
      report(
        'DuplicateStageName',
        from.location,
        `Duplicate stage name ${goQuote(name)}, stage names should be unique`,
      );
    }
    seen.add(name);
  }
}
