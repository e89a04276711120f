// `Warning: 299 - "..."` headers (distribution-spec, "Warnings"): what a registry wants its users to read, told once
// and not for ever.

/** Told by one writer at most. */
const MAX_WARNINGS = 10;
/** Longer ones are cut. */
const MAX_LENGTH = 300;

/** The texts of warnings with the code 299, fit for a terminal line. Pure. */
export function parseWarnings(header: string | null): string[] {
  const found = (header ?? '').slice(0, 4096).matchAll(/(?:^|,)\s*299\s+\S+\s+"((?:[^"\\]|\\.)*)"/g);
  return [...found]
    .map(([, text = '']) =>
      text
        .replace(/\\(.)/g, '$1')
        .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
        .trim(),
    )
    .filter((text) => text !== '')
    .map((text) => (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text));
}

/** A function that tells the warnings of an answer of a registry, each text once. */
export function createWarner(
  note: (message: string) => void,
): (registry: string, headers: { get(name: string): string | null }) => void {
  const told = new Set<string>();
  return (registry, headers) => {
    for (const text of parseWarnings(headers.get('warning'))) {
      const message = `${registry} warns: ${text}`;
      if (told.has(message) || told.size >= MAX_WARNINGS) continue;
      told.add(message);
      note(message);
    }
  };
}
