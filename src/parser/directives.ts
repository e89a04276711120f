// Parser directives (`# syntax=`, `# escape=`, `# check=`). Spec: BuildKit's parser/directives.go.
// Invariant: the first line that is no known directive ends the block, whatever follows it.
import { TsbuildError } from '../core/errors.js';
import { trimLeadingSpace } from './go-space.js';

const KNOWN = ['syntax', 'escape', 'check'] as const;
export type DirectiveName = (typeof KNOWN)[number];

export interface Directive {
  readonly name: DirectiveName;
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

const FORM = /^([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/;
const BYTE_ORDER_MARK = '\ufeff';

export function dropByteOrderMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** The directive of a comment without its `#`; undefined when it is none. */
export function readDirective(comment: string): Omit<Directive, 'line'> | undefined {
  const match = FORM.exec(trimLeadingSpace(comment));
  const name = KNOWN.find((known) => known === match?.[1]!.toLowerCase());
  return name && { name, value: match![2]! };
}

/** The lines one by one: all but the first few are no directives. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start <= text.length;) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end < 0 ? undefined : end).replace(/\r+$/, '');
    if (end < 0) return;
    start = end + 1;
  }
}

/** The block at the top of `lines`; a name that comes twice is handed to `onRepeated` and ends the block. */
function readBlock(lines: Iterable<string>, onRepeated: (name: string, line: number) => void): Directive[] {
  const found: Directive[] = [];
  let index = -1;
  for (const line of lines) {
    index++;
    const directive = line.startsWith('#') ? readDirective(line.slice(1)) : undefined;
    if (!directive) break;
    if (found.some(({ name }) => name === directive.name)) {
      onRepeated(directive.name, index + 1);
      break;
    }
    found.push({ ...directive, line: index + 1 });
  }
  return found;
}

function* trimmed(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield trimLeadingSpace(line);
}

/**
 * The directives at the top of a Dockerfile, in order.
 * @throws TsbuildError DOCKERFILE_SYNTAX `only one escape parser directive can be used`, `invalid escape token 'x' does
 * not match …`
 */
export function parseDirectives(text: string, file: string): Directive[] {
  const fail = (message: string, line: number): never => {
    throw new TsbuildError('DOCKERFILE_SYNTAX', message, {
      location: { file, startLine: line, endLine: line, text },
    });
  };
  const found = readBlock(trimmed(linesOf(dropByteOrderMark(text))), (name, line) =>
    fail(`only one ${name} parser directive can be used`, line),
  );
  const escape = found.find(({ name }) => name === 'escape');
  if (escape && escape.value !== '`' && escape.value !== '\\') {
    fail(`invalid escape token '${escape.value}' does not match \` or \\`, escape.line);
  }
  return found;
}

function behindShebang(text: string): string {
  return text.startsWith('#!') ? text.slice(text.indexOf('\n') + 1 || text.length) : text;
}

/**
 * The value of `# check=`: its first word, since a remark may follow. A `#!` line in front is skipped. Undefined
 * without one.
 * Matches ParseDirective of BuildKit's parser/directives.go, which takes no blanks in front of the `#`.
 */
export function detectCheck(text: string): string | undefined {
  const rest = behindShebang(dropByteOrderMark(text));
  const directive = readBlock(linesOf(rest), () => {}).find(({ name }) => name === 'check');
  return directive?.value.split(' ', 1)[0];
}
