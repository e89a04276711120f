// The first level: the text into nodes, each a keyword with its flags, arguments and heredocs, not yet checked for
// meaning. dockerfile-ast says where instructions start; everything inside is read here, by line, from the original
// text.
// Invariant: every non-empty line that is no comment belongs to exactly one node.
// Spec: BuildKit's parser/parser.go (Parse).
import { TsbuildError, type SourceLocation } from '../core/errors.js';
import { dropByteOrderMark } from './directives.js';
import { chompHeredoc, heredocWordsOf, type HeredocWord } from './heredoc-word.js';
import type { Heredoc, ParseWarning } from './instruction.js';
import { locateInstructions, type LineRange } from './locate-instructions.js';
import { readLogicalLine, type LogicalLine } from './logical-line.js';
import { parseNodeArguments } from './node-arguments.js';
import { isComment, withoutLineEnd } from './physical-line.js';
import { trimSpace } from './go-space.js';
import { splitCommand } from './split-command.js';
import { syntaxError, withLocation } from './syntax-error.js';

export interface ParserNode {
  /** As written. */
  readonly keyword: string;
  readonly flags: readonly string[];
  /** For ONBUILD: the trigger's keyword, then its arguments. */
  readonly args: readonly string[];
  readonly isJson: boolean;
  readonly heredocs: readonly Heredoc[];
  /** The logical line. */
  readonly original: string;
  readonly comments: readonly string[];
  /** With the heredoc bodies. */
  readonly location: SourceLocation;
}

export interface ParsedNodes {
  readonly nodes: readonly ParserNode[];
  readonly warnings: readonly ParseWarning[];
}

export interface Source {
  readonly file: string;
  readonly text: string;
  readonly escape: string;
  /** Lines at the top that hold directives: no comments of an instruction. */
  readonly directiveLines: number;
}

const MAX_LINE_BYTES = 65535;
const TAKES_HEREDOCS = new Set(['ADD', 'COPY', 'RUN']);

/** Yields now and then. @throws TsbuildError DOCKERFILE_SYNTAX, DOCKERFILE_EMPTY `file with no instructions` */
export function* parseNodes(source: Source): Generator<void, ParsedNodes> {
  const { lines, tooLong } = splitLines(source.text);
  const reader = { source, lines };
  const result = yield* readNodes(reader);
  if (tooLong !== undefined && result.nodes.length > 0) {
    throw syntaxError(`dockerfile line greater than max allowed size of ${MAX_LINE_BYTES}`).at(
      locate(reader, tooLong, tooLong),
    );
  }
  if (result.nodes.length === 0) {
    throw new TsbuildError('DOCKERFILE_EMPTY', 'file with no instructions', {
      location: locate(reader, 0, lines.length - 1),
    });
  }
  return result;
}

interface Reader {
  readonly source: Source;
  /** Without LF; what a CR at the end was stays. */
  readonly lines: readonly string[];
}

/** `tooLong`: the first line over the limit; it and what follows are not in `lines`. */
function splitLines(text: string): { lines: string[]; tooLong?: number } {
  const lines = dropByteOrderMark(text).split('\n');
  if (lines.at(-1) === '') lines.pop();
  const isTooLong = (line: string): boolean =>
    line.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(line) > MAX_LINE_BYTES;
  const tooLong = lines.findIndex(isTooLong);
  return tooLong < 0 ? { lines } : { lines: lines.slice(0, tooLong), tooLong };
}

function locate({ source, lines }: Reader, start: number, end: number): SourceLocation {
  const endLine = Math.max(start, Math.min(end, Math.max(lines.length - 1, start))) + 1;
  return { file: source.file, startLine: start + 1, endLine, text: source.text };
}

/**
 * Lines that are looked at for instructions at once: few behind a heredoc, whose lines look like instructions, then
 * more and more.
 */
const FEWEST_LINES = 16;
const MOST_LINES = 2048;

function* readNodes(reader: Reader): Generator<void, ParsedNodes> {
  const { lines, source } = reader;
  const nodes: ParserNode[] = [];
  const warnings: ParseWarning[] = [];
  let consumed = -1;
  let count = FEWEST_LINES;
  for (let from = 0; from < lines.length;) {
    yield;
    // What a piece cuts off of its last instruction does not matter: where that ends is read from the lines.
    let next = Math.min(from + count, lines.length);
    count = Math.min(2 * count, MOST_LINES);
    for (const range of locateInstructions(lines.slice(from, next), source.escape, from)) {
      if (range.start > consumed) {
        const read = readNode(reader, range.start, Math.max(consumed + 1, source.directiveLines));
        nodes.push(read.node);
        warnings.push(...read.warnings);
        consumed = read.end;
      } else if (range.end > consumed) {
        // A line of a heredoc body that seemed to continue beyond the terminator: what is behind the terminator starts
        // afresh.
        [next, count] = [consumed + 1, FEWEST_LINES];
        break;
      }
    }
    from = Math.max(next, consumed + 1);
  }
  return { nodes, warnings };
}

function readNode(
  reader: Reader,
  start: number,
  commentsFrom: number,
): { node: ParserNode; warnings: ParseWarning[]; end: number } {
  const { lines, source } = reader;
  const line = readLogicalLine(lines, start, source.escape);
  const head = withLocation(locate(reader, start, line.end), '', () => parseLine(line.text, source.escape));
  const { heredocs, end } = readHeredocs(reader, head.heredocWords, { start, end: line.end });
  const node: ParserNode = {
    keyword: head.keyword,
    flags: head.flags,
    args: head.args,
    isJson: head.isJson,
    heredocs,
    original: line.text,
    comments: commentsBetween(lines, commentsFrom, start),
    location: locate(reader, start, end),
  };
  return { node, warnings: line.hasEmptyContinuation ? [emptyContinuation(reader, line)] : [], end };
}

function emptyContinuation(reader: Reader, line: LogicalLine): ParseWarning {
  return {
    rule: 'NoEmptyContinuation',
    message: `Empty continuation line found in: ${line.text}`,
    location: locate(reader, line.end, line.end),
  };
}

type LineHead = Pick<ParserNode, 'keyword' | 'flags' | 'args' | 'isJson'> & {
  readonly heredocWords: readonly HeredocWord[];
};

function parseLine(line: string, escape: string): LineHead {
  const { keyword, flags, rest } = splitCommand(line);
  const name = keyword.toUpperCase();
  if (name !== 'ONBUILD') {
    const { args, isJson } = parseNodeArguments(name, rest, escape);
    return {
      keyword,
      flags,
      args,
      isJson,
      heredocWords: !isJson && TAKES_HEREDOCS.has(name) ? heredocWordsOf(line) : [],
    };
  }
  if (rest === '') return { keyword, flags, args: [], isJson: false, heredocWords: [] };
  const trigger = splitCommand(rest);
  const triggerName = trigger.keyword.toUpperCase();
  // The trigger is parsed here so that its mistakes show where it is written; a chain of ONBUILDs is refused at the
  // second level.
  const { args, isJson } = parseNodeArguments(triggerName, trigger.rest, escape);
  const heredocWords = !isJson && TAKES_HEREDOCS.has(triggerName) ? heredocWordsOf(line) : [];
  return { keyword, flags, args: [trigger.keyword, ...args], isJson: false, heredocWords };
}

function readHeredocs(
  reader: Reader,
  words: readonly HeredocWord[],
  instruction: LineRange,
): { heredocs: Heredoc[]; end: number } {
  let end = instruction.end;
  const heredocs = words.map((word) => {
    const terminator = findTerminator(reader.lines, end + 1, word);
    if (terminator < 0) {
      throw syntaxError('unterminated heredoc').at(
        locate(reader, instruction.start, reader.lines.length - 1),
      );
    }
    const raw = reader.lines
      .slice(end + 1, terminator)
      .map((line) => `${line}\n`)
      .join('');
    end = terminator;
    return { ...word, raw, content: word.chomp ? chompHeredoc(raw) : raw };
  });
  return { heredocs, end };
}

function findTerminator(lines: readonly string[], from: number, { name, chomp }: HeredocWord): number {
  for (let i = from; i < lines.length; i++) {
    const line = withoutLineEnd(lines[i]!);
    if ((chomp ? line.replace(/^\t+/, '') : line) === name) return i;
  }
  return -1;
}

/**
 * The comments above `start`, none before `from`, with empty lines between them; an empty comment ends the block. Of an
 * indented comment BuildKit drops the first blank in place of the `#`.
 */
function commentsBetween(lines: readonly string[], from: number, start: number): string[] {
  const comments: string[] = [];
  for (let i = start - 1; i >= from; i--) {
    if (!isComment(lines[i]!)) continue;
    const comment = trimSpace(lines[i]!.slice(1));
    if (comment === '') break;
    comments.push(comment);
  }
  return comments.toReversed();
}
