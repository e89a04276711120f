import test from 'ava';
import { COMMANDS } from '../../../src/cli/command-table.js';
import { renderOptionDocs } from '../../../src/cli/option-docs.js';
import type { OptionSpec } from '../../../src/cli/option-spec.js';
import { OPTIONS } from '../../../src/cli/options.js';

test('every option is documented, and a bar does not end a cell', (t) => {
  const text = COMMANDS.map(({ name }) => renderOptionDocs(name)).join('');
  for (const { name } of OPTIONS as readonly OptionSpec[]) t.true(text.includes(`--${name}`), name);
  t.true(text.includes('`--network default\\|none\\|host\\|TOOL`'));
});
