// Sizes as docker/go-units' RAMInBytes reads them: `64m`, `1.5g`, `512KiB`; units are powers of 1024.

const FORM = /^(\d+(?:\.\d+)?) ?([kmgtp])?i?b?$/i;
const EXPONENTS = 'kmgtp';

/** Bytes, or undefined when the text is no size. */
export function parseMemorySize(text: string): number | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const exponent = EXPONENTS.indexOf((match[2] ?? ' ').toLowerCase()) + 1;
  return Math.floor(Number(match[1]) * 1024 ** exponent);
}
