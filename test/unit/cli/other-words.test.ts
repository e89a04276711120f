import test from 'ava';
import { COMMANDS } from '../../../src/cli/command-table.js';
import { OTHER_COMMANDS } from '../../../src/cli/other-commands.js';
import { OTHER_WORDS } from '../../../src/cli/other-words.js';

test('the words are those of all commands but the ones that read a Dockerfile', (t) => {
  const first = COMMANDS.map(({ name }) => name.split(' ')[0]!);
  const others = first.filter((word) => !['build', 'check', 'doctor'].includes(word));
  const forUsers = OTHER_WORDS.filter((word) => word !== 'container-finish');
  t.deepEqual(forUsers.toSorted(), [...new Set(others)].toSorted());
  t.deepEqual(Object.keys(OTHER_COMMANDS).toSorted(), [...OTHER_WORDS].toSorted());
});
