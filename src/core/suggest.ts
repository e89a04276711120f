// "did you mean X?" as BuildKit does it (util/suggest): Levenshtein distance below 3.

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Beyond this nothing is looked for: a name from a hostile file must not cost its length squared. */
const LONGEST = 200;

export interface SuggestOptions {
  /** Else the case makes no difference, and that of the answer follows the word. */
  readonly isCaseSensitive?: boolean;
}

/** The nearest known word, or undefined when none is near or the word is known already. */
export function suggest(
  word: string,
  known: Iterable<string>,
  { isCaseSensitive = false }: SuggestOptions = {},
): string | undefined {
  if (word.length > LONGEST) return undefined;
  const folded = (text: string): string => (isCaseSensitive ? text : text.toLowerCase());
  const lower = folded(word);
  let best: string | undefined;
  let bestDistance = 3;
  for (const candidate of known) {
    if (Math.abs(candidate.length - lower.length) >= bestDistance) continue;
    const d = distance(lower, folded(candidate));
    if (d === 0) return undefined;
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  if (best === undefined || isCaseSensitive) return best;
  if (word === word.toUpperCase()) return best.toUpperCase();
  if (word === lower) return best.toLowerCase();
  return best;
}

/** ` (did you mean X?)` or the empty text. */
export function didYouMean(word: string, known: Iterable<string>, options: SuggestOptions = {}): string {
  const nearest = suggest(word, known, options);
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}
