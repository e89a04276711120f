// Two functions of Go's library that patterns are prepared with; Node's counterparts differ in the corners.

/** Go's `path.Clean`: no trailing slash, no empty, `.` or inner `..` component; '' becomes `.`. */
export function cleanPath(path: string): string {
  const isRooted = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!isRooted) kept.push('..');
  }
  const joined = kept.join('/');
  return isRooted ? `/${joined}` : joined || '.';
}

const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const SURROUNDING_SPACE = new RegExp(`^${SPACE}|${SPACE}$`, 'g');

/** Go's `strings.TrimSpace`: unlike `trim()`, U+0085 is space and U+FEFF is not. */
export function trimSpace(text: string): string {
  return text.replace(SURROUNDING_SPACE, '');
}
