// Fails when a text that `npm run prove` takes out does not stand in its file exactly once: prove itself takes an hour, and is run seldom.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MUTATIONS } from './prove/mutations.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

function isOnceIn({ file, from }) {
  return existsSync(file) && readFileSync(file, 'utf8').split(from).length === 2;
}

const complaints = MUTATIONS.flatMap((mutation) => {
  const test = `test/attacks/${mutation.attack[0]}.test.ts`;
  const wrong = [mutation, ...(mutation.also ? [mutation.also] : [])].filter((change) => !isOnceIn(change));
  return [
    ...wrong.map(({ file, from }) => `${file}: this text does not stand there once: ${from}`),
    ...(existsSync(test) ? [] : [`${test}: is not there`]),
  ];
});
for (const complaint of complaints) process.stderr.write(`scripts/prove/mutations.mjs: ${complaint}\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;
