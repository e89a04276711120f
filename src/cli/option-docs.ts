// The option tables of docs/cli.md, made from the option table (scripts/check-docs.mjs puts them in).
import { describe, GROUPS } from './help.js';
import { usageOf, type CommandName, type OptionSpec } from './option-spec.js';
import { optionsOf } from './options.js';

/** Markdown: one table for each group of options that the command shows, then those it refuses or ignores. */
export function renderOptionDocs(command: CommandName): string {
  const specs = optionsOf(command);
  const shown = GROUPS.flatMap((group) => {
    const rows = specs.filter((spec) => spec.group === group && !spec.hidden);
    const table = rows.map(rowOf).join('\n');
    return table === '' ? [] : [`**${group}**`, '', '| Option | Meaning |', '| --- | --- |', table, ''];
  });
  const refused = specs.filter((spec) => spec.use === 'refused');
  const ignored = specs.filter((spec) => spec.use === 'ignored');
  return [
    ...shown,
    ...(refused.length === 0
      ? []
      : ['**Not supported**', '', '| Option | Instead |', '| --- | --- |', ...refused.map(refusedRowOf), '']),
    ...(ignored.length === 0
      ? []
      : [
          `Accepted with a warning, without effect: ${ignored.map((spec) => `\`--${spec.name}\``).join(', ')}.`,
          '',
        ]),
  ]
    .join('\n')
    .trimEnd();
}

function rowOf(spec: OptionSpec): string {
  const alias = spec.alias ? `\`-${spec.alias}\`, ` : '';
  const usage = `\`${usageOf(spec)}\``;
  const example =
    spec.example === undefined
      ? ''
      : `, for example \`--${spec.name}${spec.bare === undefined ? ' ' : '='}${spec.example}\``;
  return `| ${alias}${cell(usage)} | ${cell(describe(spec) + example)} |`;
}

function refusedRowOf(spec: OptionSpec): string {
  return `| \`--${spec.name}\` | ${cell(spec.instead ?? '')} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
