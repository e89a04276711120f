// Starts the command line from its compiled form: compiling it takes longer than the rest of a build that has nothing
// to do. cli/main is the script of builds, cli/every-command the one that has the other commands and
// the report too.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { FAMILY_WORDS, OTHER_OPTIONS, OTHER_WORDS } from './cli/other-words.js';
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
const isOther =
  FAMILY_WORDS.includes(first) ||
  OTHER_WORDS.some((word) => word === first) ||
  process.argv.some((word) => OTHER_OPTIONS.includes(word.split('=', 1)[0]!));
const path = fileURLToPath(new URL(isOther ? 'cli/every-command.cjs' : 'cli/main.cjs', import.meta.url));
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
if (!SHORT_COMMANDS.has(first)) script.keepAtExit(() => hasWork);
