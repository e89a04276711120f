// Starts the command line from its compiled form: compiling it takes longer than the rest of a build that has nothing
// to do. cli/main is the script of builds, cli/containers that of containers, cli/every-command the one that has all
// commands.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CONTAINER_WORDS, FAMILY_WORDS, OTHER_OPTIONS, OTHER_WORDS } from './cli/other-words.js';
import { userFormFolder } from './host/compiled-form.js';
import { openScript } from './host/compiled-script.js';
import { optimiseLater } from './host/optimise-later.js';

/** All that a build of hits needs of Node. */
const NEEDED = new Set([
  'node:crypto',
  'node:fs',
  'node:module',
  'node:os',
  'node:path',
  'node:url',
  'node:util',
]);

/** Too little of the code runs in these for its compiled form to be worth keeping. */
const SHORT_COMMANDS = new Set(['version', '--version', '-v', 'help', '--help', '-h', 'check', 'doctor']);

const first = process.argv[2] ?? '';
const path = fileURLToPath(new URL(`cli/${scriptOf(first)}.cjs`, import.meta.url));
const load = createRequire(path);
for (const name of NEEDED) load(name);
optimiseLater();

/** Whether something is built: that needs more of Node. */
let hasWork = false;
const script = openScript(path, userFormFolder(process.env));
script.run((name) => {
  hasWork ||= !NEEDED.has(name);
  return load(name);
});

function scriptOf(word: string): string {
  if (CONTAINER_WORDS.some((known) => known === word)) return 'containers';
  const isOther =
    FAMILY_WORDS.includes(word) ||
    OTHER_WORDS.some((known) => known === word) ||
    process.argv.some((each) => OTHER_OPTIONS.includes(each.split('=', 1)[0]!));
  return isOther ? 'every-command' : 'main';
}

if (!SHORT_COMMANDS.has(first)) script.keepAtExit(() => hasWork);
