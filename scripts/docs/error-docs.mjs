// The generated part of docs/errors.md: each code of the table in src/core/errors.ts with its cause and its mend.
import { FAMILIES, GUIDE } from './error-guide.mjs';

export function renderErrorDocs(table) {
  const codes = new Set(table.map(({ code }) => code));
  const missing = [...codes].filter((code) => !Object.hasOwn(GUIDE, code));
  const unknown = Object.keys(GUIDE).filter((code) => !codes.has(code));
  if (missing.length > 0 || unknown.length > 0)
    throw new Error(
      `scripts/docs/error-guide.mjs lacks ${missing.join(', ') || 'nothing'}, and has too much: ${unknown.join(', ') || 'nothing'}`,
    );
  return Object.entries(FAMILIES)
    .map(([family, title]) => {
      const rows = table.filter((row) => row.family === family);
      const entries = rows.map(({ code }) => {
        const [cause, mend] = GUIDE[code];
        return `### ${code}\n\n${cause}\n\n${mend}`;
      });
      const status = family === 'container' ? `${rows[0].exit}, of \`tsbuild run\` 125` : rows[0].exit;
      return [`## ${title} (exit status ${status})`, ...entries].join('\n\n');
    })
    .join('\n\n');
}
