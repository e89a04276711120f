// Fails when a text that `npm run prove` takes out does not stand in its file exactly once: prove itself takes an hour, and is run seldom.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MUTATIONS } from './prove/mutations.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

for (const { file, from, also, attack } of MUTATIONS) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const wrong = [from, ...(also ? [also[0]] : [])].filter((old) => text.split(old).length !== 2);
  const test = `test/attacks/${attack[0]}.test.ts`;
  const complaints = [
    ...wrong.map((old) => `${file}: this text of scripts/prove/mutations.mjs does not stand there once: ${old}`),
    ...(existsSync(test) ? [] : [`${test}: named in scripts/prove/mutations.mjs, and not there`]),
  ];
  for (const complaint of complaints) {
    process.stderr.write(`${complaint}\n`);
    process.exitCode = 1;
  }
}
