// Dockerfiles of a few lines that ask for all memory or all time. Growth with the length of a file is counted in
// test/unit/plan/bounds.test.ts.
import { attack, type Defence } from '../support/attack.js';

const VALUE: Defence = ['src/parser/word-expander.ts', 'if (text.length + part.length > this.#maxLength)'];
const TEXTS: Defence = ['src/plan/plan-stage.ts', 'if (textSize <= maxText) return { ...next, textSize };'];
const REPLACED: Defence = ['src/parser/shell-pattern.ts', 'refuseTooLong((replaced += replacement.length))'];

/** `A0` to `A<count>`, each twice as long as the one before. */
function doubling(count: number, keyword = 'ARG'): string {
  const lines = Array.from({ length: count }, (_, i) => `${keyword} A${i + 1}=$A${i}$A${i}\n`);
  return `${keyword} A0=xxxxxxxxxxxxxxxx\n${lines.join('')}`;
}

for (const keyword of ['ARG', 'ENV'])
  attack('14', `a value that doubles with every ${keyword} is refused`, VALUE, async (t, world) => {
    const dockerfileText = `FROM scratch\n${doubling(23, keyword)}`;
    const error = await world.refused({ dockerfileText }, ['DOCKERFILE_EXPANSION']);
    t.is(error.location?.startLine, 23);
    t.true(error.message.length < 1000);
  });

attack('14', 'a value that doubles in front of the first FROM is refused', VALUE, async (t, world) => {
  const error = await world.refused({ dockerfileText: `${doubling(23)}FROM scratch\n` }, [
    'DOCKERFILE_EXPANSION',
  ]);
  t.is(error.location?.startLine, 22);
});

attack('14', 'a heredoc that repeats a long value is refused', VALUE, async (t, world) => {
  const dockerfileText = `FROM scratch\n${doubling(19)}COPY <<E /f\n${'$A19'.repeat(5)}\nE\n`;
  const error = await world.refused({ dockerfileText }, ['DOCKERFILE_EXPANSION']);
  t.is(error.location?.startLine, 22);
});

attack('14', 'one long value in very many commands is refused', TEXTS, async (t, world) => {
  const dockerfileText = `FROM scratch\n${doubling(16)}${'COPY <<E /f\n$A16\nE\n'.repeat(80)}`;
  const error = await world.refused({ dockerfileText }, ['DOCKERFILE_EXPANSION']);
  t.regex(error.message, /the texts of the build have more than/);
});

attack('14', 'a replacement at every character is refused', REPLACED, async (t, world) => {
  const dockerfileText = `FROM scratch\n${doubling(11)}ENV B=\${A9//x/$A11}\n`;
  const error = await world.refused({ dockerfileText }, ['DOCKERFILE_EXPANSION']);
  t.regex(error.message, /too long to match/);
});
