// A terminal for tests: rows of cells, wrapping and scrolling, and the few sequences that a progress block uses.

export interface FakeTerminal {
  readonly write: (text: string) => void;
  /** Everything that scrolled out, then the screen, without empty rows at the end. */
  readonly text: () => string;
  readonly isCursorVisible: () => boolean;
}

export function createFakeTerminal(columns: number, rows: number): FakeTerminal {
  let lines: string[][] = [[]];
  let row = 0;
  let column = 0;
  let isCursorVisible = true;

  const top = () => Math.max(0, lines.length - rows);
  const feed = () => {
    row += 1;
    if (row === lines.length) lines.push([]);
  };
  const put = (character: string) => {
    const width = /\p{Mn}/u.test(character)
      ? 0
      : /\p{Script=Han}|\p{Emoji_Presentation}/u.test(character)
        ? 2
        : 1;
    if (column + width > columns) {
      feed();
      column = 0;
    }
    lines[row]!.splice(column, width, ...[character, ''].slice(0, width));
    column += width;
  };
  const control = (parameters: string, final: string) => {
    if (final === 'A') row = Math.max(top(), row - Number(parameters || 1));
    else if (final === 'K') lines[row] = lines[row]!.slice(0, column);
    else if (final === 'J') {
      lines[row] = lines[row]!.slice(0, column);
      lines = lines.slice(0, row + 1);
    } else if (final === 'l' || final === 'h') isCursorVisible = final === 'h';
    else if (final !== 'm') throw new Error(`the terminal does not know ${parameters}${final}`);
  };
  const write = (text: string) => {
    for (const [piece, parameters, final] of text.matchAll(/\x1b\[([0-9;?]*)([A-Za-z])|[^]/gu)) {
      if (final !== undefined) control(parameters ?? '', final);
      else if (piece === '\n') {
        feed();
        column = 0;
      } else if (piece === '\r') column = 0;
      else if (piece < ' ') throw new Error(`stray control character ${JSON.stringify(piece)}`);
      else put(piece);
    }
  };
  const text = () =>
    lines
      .map((cells) =>
        Array.from(cells, (cell) => cell ?? ' ')
          .join('')
          .trimEnd(),
      )
      .join('\n')
      .trimEnd();
  return { write, text, isCursorVisible: () => isCursorVisible };
}
