// What one input comes to: accepted, rejected with a TsbuildError, or a failure of the reader: another error, too much time or memory,
// another result the second time.
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

const WHOLE = { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity, breakLength: Infinity };
/** CPU seconds do not count what other programs of a busy machine take. */
const CPU_LIMIT_MS = 3000;
/** The window of zstd and the dictionary of xz may be 128 MiB, and the garbage of the inputs before counts too. */
const MEMORY_LIMIT_KIB = 512 * 1024;

/**
 * @param read async (Buffer) => plain data; throws TsbuildError for what it refuses
 * @returns async (Buffer) => 'accepted' | 'rejected' | { failure }
 */
export function createJudge(read, TsbuildError) {
  async function outcomeOf(input) {
    try {
      const result = await read(input);
      return {
        verdict: 'accepted',
        digest: createHash('sha256').update(inspect(result, WHOLE)).digest('hex'),
      };
    } catch (error) {
      if (!(error instanceof TsbuildError)) return { failure: `threw ${error?.stack ?? error}` };
      return { verdict: 'rejected', digest: `${error.code} ${error.message}` };
    }
  }

  async function measured(input) {
    const [cpu, peak] = [process.cpuUsage(), process.resourceUsage().maxRSS];
    const outcome = await outcomeOf(input);
    const { user, system } = process.cpuUsage(cpu);
    return {
      ...outcome,
      milliseconds: (user + system) / 1000,
      grownKib: process.resourceUsage().maxRSS - peak,
    };
  }

  return async (input) => {
    const [first, second] = [await measured(input), await measured(input)];
    const { failure = second.failure, verdict, digest } = first;
    if (failure) return { failure };
    const milliseconds = Math.min(first.milliseconds, second.milliseconds);
    if (milliseconds > CPU_LIMIT_MS) return { failure: `took ${Math.round(milliseconds)} ms` };
    if (first.grownKib > MEMORY_LIMIT_KIB)
      return { failure: `took ${Math.round(first.grownKib / 1024)} MiB of memory` };
    if (digest !== second.digest) return { failure: `not the same twice: ${digest}, then ${second.digest}` };
    return verdict;
  };
}

/** By the first line without its numbers: two that take long are alike. */
export function isSameFailure(a, b) {
  const kind = ({ failure }) => failure?.split('\n')[0].replace(/\d+/g, '');
  return kind(a) === kind(b);
}
