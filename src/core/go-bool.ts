// Booleans as Go's strconv.ParseBool reads them.

const VALUES: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
]);

/** Undefined when the text is no boolean. */
export function parseGoBool(text: string): boolean | undefined {
  return VALUES.get(text);
}
