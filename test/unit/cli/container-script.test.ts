import test from 'ava';
import { CONTAINER_COMMANDS } from '../../../src/cli/container-command-table.js';
import { CONTAINER_WORDS } from '../../../src/cli/other-words.js';

test('the script of containers has the commands of their table', (t) => {
  const words = CONTAINER_COMMANDS.map(({ name }) => name.split(' ')[0]!);
  const forUsers = CONTAINER_WORDS.filter((word) => word !== 'container-finish');
  t.deepEqual([...forUsers].toSorted(), [...new Set<string>(words)].toSorted());
});
