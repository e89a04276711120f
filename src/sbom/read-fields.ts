// `Name: value` lines in paragraphs, as dpkg's status file (deb-status(5), deb822(5)) and Python's metadata have them.
// Pure.

/** Names to the values of one paragraph. Of a value of many lines only the first is kept. */
export type Fields = ReadonlyMap<string, string>;

const toLowerCase = (name: string): string => name.toLowerCase();

/**
 * The paragraphs of a text in their order, empty ones left out. Only the fields of these names are kept; where a name
 * occurs twice the first counts.
 * @param nameOf a name as it is written to one of `names`
 */
export function* paragraphs(
  text: string,
  names: ReadonlySet<string>,
  nameOf = toLowerCase,
): Generator<Fields, void> {
  let fields = new Map<string, string>();
  let isEmpty = true;
  for (const line of linesOf(text)) {
    if (line.trim() === '') {
      if (!isEmpty) yield fields;
      fields = new Map();
      isEmpty = true;
      continue;
    }
    isEmpty = false;
    const colon = line.indexOf(':');
    if (colon <= 0 || line.startsWith(' ') || line.startsWith('\t')) continue;
    const name = nameOf(line.slice(0, colon));
    if (names.has(name) && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  if (!isEmpty) yield fields;
}

/** Without making a list of all of them: a status file has many thousands. */
export function* linesOf(text: string): Generator<string, void> {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    const stop = end === -1 ? text.length : end;
    yield text.slice(start, stop);
    start = stop + 1;
  }
}
