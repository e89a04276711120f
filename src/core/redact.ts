// What may be shown of texts that can carry secrets. Invariant: a redacted URL has no user info, no query and no
// fragment, since pre-signed URLs and token requests carry their secrets there.

const MASK = '***';

/** A URL fit for messages and records. Text that is not a URL loses whatever stands where those parts would. */
export function redactUrl(url: string | URL): string {
  const text = String(url);
  if (!URL.canParse(text)) return text.replace(/\/\/[^/?#\s]*@/g, '//').replace(/[?#].*$/s, '');
  const parsed = new URL(text);
  parsed.username = '';
  parsed.password = '';
  parsed.search = '';
  parsed.hash = '';
  return parsed.href;
}

/** A path or a URL, as requests name what they read. A path stays as it is: `?` and `#` are letters there. */
export function redactSource(source: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? redactUrl(source) : source;
}

function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret), Buffer.from(secret, 'utf8').toString('base64')];
}

/**
 * The text with every secret, as it is, percent-encoded or in base64, replaced by `***`, and with the user info of URLs
 * removed. Empty secrets are ignored.
 */
export function redactText(text: string, secrets: Iterable<string>): string {
  const words = [...secrets].filter((secret) => secret !== '').flatMap(spellings);
  // The longest first, so that a secret which contains another one is hidden whole.
  const ordered = [...new Set(words)].sort((a, b) => b.length - a.length);
  const hidden = ordered.reduce((result, word) => result.replaceAll(word, MASK), text);
  return hidden.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/?#\s@"']*@/gi, '$1');
}
