// Comments of TypeScript that stand on lines of their own, wrapped at 120 columns. A comment whose lines are all short enough stays as
// it is.

const WIDTH = 120;
const LINE_COMMENT = /^(\s*)\/\/ ?(.*)$/;
const DOC_BEGIN = /^(\s*)\/\*\* ?(.*)$/;
const DOC_LINE = /^\s*\*(?: |$)?(.*)$/;

const isLong = (line) => line.length > WIDTH;

/** The text with no such comment line over 120 columns, but where one word is longer. */
export function wrapComments(text) {
  const lines = text.split('\n');
  const wrapped = [];
  for (let at = 0; at < lines.length;) {
    const { end, block } = blockAt(lines, at);
    wrapped.push(...(lines.slice(at, end).some(isLong) ? block() : lines.slice(at, end)));
    at = end;
  }
  return wrapped.join('\n');
}

/** The comment, or else the one line, that begins at a line, and what it is wrapped. */
function blockAt(lines, start) {
  const line = LINE_COMMENT.exec(lines[start]);
  if (line) return lineComment(lines, start, line[1]);
  const doc = DOC_BEGIN.exec(lines[start]);
  if (doc) return docComment(lines, start, doc[1]);
  return { end: start + 1, block: () => [lines[start]] };
}

function lineComment(lines, start, indent) {
  const texts = [];
  let end = start;
  for (let match; (match = LINE_COMMENT.exec(lines[end] ?? '')) && match[1] === indent; end++)
    texts.push(match[2]);
  return { end, block: () => fill(texts, `${indent}// `) };
}

function docComment(lines, start, indent) {
  const texts = [];
  let end = start;
  for (let isOpen = true; isOpen && end < lines.length; end++) {
    const text = (end === start ? DOC_BEGIN.exec(lines[end])[2] : DOC_LINE.exec(lines[end])?.[1]) ?? '';
    isOpen = !lines[end].trimEnd().endsWith('*/');
    texts.push(isOpen ? text : text.replace(/\s*\*?\/$/, ''));
  }
  const inner = texts.flatMap((text) => text.split(/ (?=@(?:throws|param|returns)\b)/));
  while (inner.at(-1) === '') inner.pop();
  if (inner[0] === '') inner.shift();
  return { end, block: () => [`${indent}/**`, ...fill(inner, `${indent} * `), `${indent} */`] };
}

/** What begins a paragraph wherever the line before ends. */
const MARK = /^(?:@|[-*|] |\d+\. |Invariant:|Spec:|Usage:|Matches |\s)/;

function fill(texts, prefix) {
  const room = WIDTH - prefix.length;
  const paragraphs = [];
  for (const [index, text] of texts.entries()) {
    const before = texts[index - 1];
    const isNew =
      before === undefined || text === '' || before === '' || MARK.test(text) || ends(before, text);
    if (isNew) paragraphs.push(text);
    else paragraphs.push(`${paragraphs.pop()} ${text}`);
  }
  return paragraphs.flatMap((text) => wrap(text, room)).map((text) => `${prefix}${text}`.trimEnd());
}

/** Whether the writer ended a line where the next word had room. */
function ends(before, text) {
  return /[.:]$/.test(before) && before.length + text.split(' ', 1)[0].length < WIDTH - 20;
}

function wrap(text, room) {
  const indent = /^\s*/.exec(text)[0];
  const lines = [];
  let line = '';
  for (const word of text.trim().split(/ +/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > room) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}
