// CopyIgnoredFile, ExposeProtoCasing, ExposeInvalidFormat.
import { posix } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { expandWords } from '../expand-word.js';
import { goQuote } from '../go-quote.js';
import type { CheckContext } from './check-context.js';
import { tryExpand } from './global-scope.js';
import type { Step } from './walk-stages.js';

const EVERYTHING = new Set(['*', '**', '**/*']);
const ROOT = new Set(['.', '/', './']);
const REMOTE = /^(?:https?|git|ssh):\/\/|^git@/;

function isIgnored(path: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return false;
  return ROOT.has(path) ? EVERYTHING.has(pattern) : true;
}

export function checkSources(
  { instruction, environment, isComplete }: Step,
  { dockerfile, facts, report }: CheckContext,
): void {
  if (!facts.ignoredBy || (instruction.kind !== 'copy' && instruction.kind !== 'add')) return;
  if (instruction.kind === 'copy' && instruction.from !== undefined) return;
  const verb = instruction.kind === 'add' ? 'Add' : 'Copy';
  for (const source of instruction.sources) {
    const expanded = tryExpand(source, environment, dockerfile.escape);
    if (!expanded || (!isComplete && expanded.unmatched.size > 0) || REMOTE.test(expanded.text)) continue;
    const path = posix.normalize(expanded.text);
    if (!isIgnored(path, facts.ignoredBy(path))) continue;
    const message = `Attempting to ${verb} file ${goQuote(path)} that is excluded by .dockerignore`;
    report('CopyIgnoredFile', instruction.location, message);
  }
}

/** The ports that a word of EXPOSE stands for; none when a variable that is not known is in it. */
function portsOf(word: string, { environment, isComplete }: Step, escape: string): readonly string[] {
  try {
    const { words, unmatched } = expandWords(word, environment, { escape });
    return !isComplete && unmatched.size > 0 ? [] : words;
  } catch (error) {
    if (error instanceof TsbuildError) return [];
    throw error;
  }
}

export function checkPorts(step: Step, { dockerfile, report }: CheckContext): void {
  const { instruction } = step;
  if (instruction.kind !== 'expose') return;
  for (const port of instruction.ports.flatMap((word) => portsOf(word, step, dockerfile.escape))) {
    const parts = port.split(':');
    const protocol = parts.at(-1)!.split('/', 2)[1] ?? '';
    if (protocol !== protocol.toLowerCase()) {
      const message = `Defined protocol '${port}' in EXPOSE instruction should be lowercase`;
      report('ExposeProtoCasing', instruction.location, message);
    }
    if (parts.slice(0, -1).some((part) => part !== '')) {
      const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`;
      report('ExposeInvalidFormat', instruction.location, message);
    }
  }
}
