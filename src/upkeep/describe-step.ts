// The step of a record in words, by the inputs of its key (cache/step-key.ts).

/** Characters. */
const MOST = 100;

/** `RUN npm ci`, `COPY … /app`; `a step` for inputs of another version. */
export function describeStep(inputs: unknown): string {
  if (typeof inputs !== 'object' || inputs === null) return 'a step';
  const { op, argv, script, dest, path } = inputs as Readonly<Record<string, unknown>>;
  switch (op) {
    case 'run':
      return shown(`RUN ${commandOf(argv, script)}`);
    case 'copy':
    case 'add':
      return shown(`${op.toUpperCase()} … ${String(dest)}`);
    case 'workdir':
      return shown(`WORKDIR ${String(path)}`);
    case 'files':
      return shown(`files for ${String(dest) === '' ? '/' : String(dest)}`);
    default:
      return 'a step';
  }
}

function commandOf(argv: unknown, script: unknown): string {
  if (typeof script === 'object' && script !== null && 'content' in script) return String(script.content);
  const words = Array.isArray(argv) ? argv.map(String) : [];
  // The shell is the same for all.
  return words.length === 3 && words[1] === '-c' ? words[2]! : words.join(' ');
}

function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MOST ? `${line.slice(0, MOST - 1)}…` : line;
}
