// The JSON (exec) form: an array of strings. Spec: BuildKit's parser/line_parsers.go (parseJSON).
import { syntaxError } from './syntax-error.js';
import { trimLeadingSpace } from './go-space.js';

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Text that only looks like JSON is the shell form, by specification.
    return undefined;
  }
}

/**
 * The strings, or undefined when the text is not a JSON array and so is the shell form.
 * @throws TsbuildError DOCKERFILE_SYNTAX for an array that holds anything but strings
 */
export function parseJsonArray(rest: string): string[] | undefined {
  const text = trimLeadingSpace(rest);
  const value = text.startsWith('[') ? parseJson(text) : undefined;
  if (!Array.isArray(value)) return undefined;
  return value.map((item: unknown) => {
    if (typeof item === 'string') return item.replace(LONE_SURROGATE, '\ufffd');
    throw syntaxError('when using JSON array syntax, arrays must be comprised of strings only');
  });
}
